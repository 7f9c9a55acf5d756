/// Gated PixelCNN: the model, its config and its sampler.
@NullMarked
package dev.hindsight.model.gatedpixelcnn;

import org.jspecify.annotations.NullMarked;
