/// PixelCNN: the model, its config and its sampler.
@NullMarked
package dev.hindsight.model.pixelcnn;

import org.jspecify.annotations.NullMarked;
