package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// Pixels drawn from their logits. The laws of [Backend] hold.
public interface Bernoulli {
  /// `pixels[n,d] = 1` if `uniform((first + n)·D + d) < σ(logits[n,d] / temperature)` else 0, for
  /// `from <= d < to`. The uniform depends on the image and the place alone, so drawing columns one
  /// by one or all at once, in batches of any size, gives the same pixels.
  ///
  /// @param draw (6), [Draw#words]
  void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels);
}
