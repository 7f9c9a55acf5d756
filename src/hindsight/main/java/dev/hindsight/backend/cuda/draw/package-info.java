/// Loops over pixels as `made_sample.cu`, `pixel_sample.cu` and `pixel_sample_values.cu` have them
/// in memory, cut into tiles.
@NullMarked
package dev.hindsight.backend.cuda.draw;

import org.jspecify.annotations.NullMarked;
