package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// How a Transformer reads pixels: shifted right by one, so that position t sees pixels before t
/// alone. The laws of [Backend] hold.
///
/// - pixels (B,T), each a whole number from 0 to V - 1; any other gives NaN
/// - table (V,C), a row for each value of a pixel
/// - position (T,C)
/// - y (B,T,C)
public interface EmbedPrevious {
  /// `y[b,t] = table[pixel t - 1] + position[t]`, and `position[0]` alone at t = 0
  void forward(Tensor pixels, Tensor table, Tensor position, Tensor y);

  /// Gradients of [#forward].
  void backward(Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition);

  /// y (B,C) = place `t` of [#forward]; of the pixels, only number t - 1 is read.
  void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y);
}
