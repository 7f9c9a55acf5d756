/// PixelRNN: the model, its config and its sampler.
@NullMarked
package dev.hindsight.model.pixelrnn;

import org.jspecify.annotations.NullMarked;
