package dev.hindsight.backend.draw;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What one launch is to draw.
///
/// @param draw (6), [dev.hindsight.backend.Draw#words]
/// @param temperature divides the logits
/// @param from the first value that is drawn; those before it are given
/// @param labels (N), of each image its class or -1; null where none has one
/// @param pixels (N,D), the given values of each image are there; the others are written
/// @param logits (N,…), the outputs of all values, which are written
public record WholeImages(
    Tensor draw,
    float temperature,
    int from,
    @Nullable Tensor labels,
    Tensor pixels,
    Tensor logits) {
  /// Of images that have no classes.
  public WholeImages(Tensor draw, float temperature, int from, Tensor pixels, Tensor logits) {
    this(draw, temperature, from, null, pixels, logits);
  }

  /// The same of these classes.
  public WholeImages of(Tensor classes) {
    return new WholeImages(draw, temperature, from, classes, pixels, logits);
  }

  public int count() {
    return pixels.rows();
  }
}
