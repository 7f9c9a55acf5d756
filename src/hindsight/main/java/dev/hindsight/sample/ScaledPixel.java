package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.PixelScale;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Hands the values of one pixel of all images to whoever reads them, scaled.
public final class ScaledPixel {
  private final Backend backend;
  private final ImageShape shape;
  private final Tensor pixels;
  private final Tensor values; // (N,C)
  private final Tensor scaled; // (N,C)

  /// @param pixels (N,D)
  public ScaledPixel(Backend backend, Scope scope, ImageShape shape, Tensor pixels) {
    this.backend = backend;
    this.shape = shape;
    this.pixels = pixels;
    this.values = scope.floats(pixels.rows(), shape.channels());
    this.scaled = scope.floats(pixels.rows(), shape.channels());
  }

  /// Writes a pixel to the first columns of `to`, one for each channel.
  public void into(int pixel, Tensor to) {
    int channels = shape.channels();
    if (shape.binary()) {
      backend.copyColumns(pixels, pixel * channels, to, 0, channels);
      return;
    }
    backend.copyColumns(pixels, pixel * channels, values, 0, channels);
    PixelScale.copy(backend, shape, values, scaled);
    backend.copyColumns(scaled, 0, to, 0, channels);
  }
}
