/// Convolutions along sequences and over images, by products of the taps that exist or by minimal
/// filtering, and the blocks that are made of them.
@NullMarked
package dev.hindsight.backend.cpu.conv;

import org.jspecify.annotations.NullMarked;
