package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// Values that are each one of V classes, drawn from their logits. The laws of [Backend] hold.
public interface Categorical {
  /// `pixels[n,d]` = the smallest v with `uniform((first + n)·D + d) < Σ_{w<=v} softmax(logits[n,d]
  /// / temperature)[w]`, V - 1 where rounding leaves none, for `from <= d < to`. The uniforms are
  /// those of [Bernoulli]: how values are divided among calls and batches changes none.
  ///
  /// @param draw (6), [Draw#words]
  /// @param logits (N,D·V), the classes of a value side by side
  /// @param pixels (N,D)
  void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels);
}
