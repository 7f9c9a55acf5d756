package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;

/// Levels as networks read them: from -1, the first, to 1, the last one; but 0 and 1 where there
/// are two.
public final class PixelScale {
  private PixelScale() {}

  /// Of pixels (B,D) of a shape.
  public static Tensor of(Ops ops, ImageShape shape, Tensor pixels) {
    return shape.binary() ? pixels : ops.rescale(pixels, scale(shape), shift(shape));
  }

  /// The same of some values, into another tensor. For samplers.
  public static void copy(Backend backend, ImageShape shape, Tensor values, Tensor scaled) {
    if (shape.binary()) {
      backend.copy(values, scaled);
    } else {
      backend.rescale().forward(values, scale(shape), shift(shape), scaled);
    }
  }

  /// A level v is read as v·scale + shift.
  public static float scale(ImageShape shape) {
    return shape.binary() ? 1 : 2f / (shape.levels() - 1);
  }

  /// See [#scale].
  public static float shift(ImageShape shape) {
    return shape.binary() ? 0 : -1;
  }
}
