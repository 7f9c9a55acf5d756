/// Loops over pixels as `made_sample.cu` and `pixel_sample.cu` have them in memory, cut into tiles.
@NullMarked
package dev.hindsight.backend.cuda.draw;

import org.jspecify.annotations.NullMarked;
