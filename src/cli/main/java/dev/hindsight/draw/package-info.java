/// Drawings of how each model hides the future, made from the models themselves: degrees, taps,
/// dilations, what a sampler keeps. As SVG, which needs neither fonts nor a screen here.
@NullMarked
package dev.hindsight.draw;

import org.jspecify.annotations.NullMarked;
