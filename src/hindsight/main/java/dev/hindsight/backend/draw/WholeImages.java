package dev.hindsight.backend.draw;

import dev.hindsight.tensor.Tensor;

/// What one launch is to draw.
///
/// @param draw (12), [dev.hindsight.backend.Draw#pieces]
/// @param temperature divides the logits
/// @param from the first value that is drawn; those before it are given
/// @param pixels (N,D), the given values of each image are there; the others are written
/// @param logits (N,…), the outputs of all values, which are written
public record WholeImages(Tensor draw, float temperature, int from, Tensor pixels, Tensor logits) {
  public int count() {
    return pixels.rows();
  }
}
