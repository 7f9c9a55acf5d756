package dev.hindsight.sample;

import dev.hindsight.error.NotFiniteException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;

/// Finite weights may be so large that their sums are not: what is drawn from such logits says
/// nothing.
public final class FiniteLogits {
  private FiniteLogits() {}

  /// Looks at all logits of some images.
  ///
  /// @param logits (B·D·P) of images `first .. first + B - 1`
  /// @throws NotFiniteException when one is infinite or NaN
  public static void requireOfImages(ModelConfig config, float[] logits, long first) {
    int outputs = config.outputs();
    int each = outputs / config.shape().pixels();
    for (int k = 0; k < logits.length; k++) {
      require(config.shape(), logits[k], first + k / outputs, k % outputs / each);
    }
  }

  /// Looks at those of one pixel.
  ///
  /// @param logits (B,P) of this pixel of images 0, 1, …
  /// @param each P
  /// @throws NotFiniteException when one is infinite or NaN
  public static void requireOfPixel(ImageShape shape, float[] logits, int each, int pixel) {
    for (int k = 0; k < logits.length; k++) {
      require(shape, logits[k], k / each, pixel);
    }
  }

  private static void require(ImageShape shape, float logit, long image, int pixel) {
    if (!Float.isFinite(logit)) {
      throw new NotFiniteException(
          "image %d, row %d, column %d: the model's logit is %s; use other weights or train again"
              .formatted(image, shape.row(pixel), shape.column(pixel), logit));
    }
  }
}
