/// Drawings of how each model hides the future, made from the models themselves: degrees, taps,
/// dilations, what a sampler keeps. The words are in the resource `structure.md`. SVG needs neither
/// fonts nor a screen.
@NullMarked
package dev.hindsight.draw;

import org.jspecify.annotations.NullMarked;
