/// Loops over pixels as `made_sample.cu`, `pixel_sample.cu` and the files beside it have them in
/// memory, cut into tiles.
@NullMarked
package dev.hindsight.backend.cuda.draw;

import org.jspecify.annotations.NullMarked;
