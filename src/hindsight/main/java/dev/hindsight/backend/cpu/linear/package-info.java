/// Linear layers, with and without masks. `TallLinear` does to a block of rows all there is to do
/// while it is in the cache; `CpuMaskedLinear`, whose weights are used once, turns the batch
/// instead of them.
@NullMarked
package dev.hindsight.backend.cpu.linear;

import org.jspecify.annotations.NullMarked;
