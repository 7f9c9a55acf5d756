package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// How a sequence model reads pixels (B,T): shifted right by one, so that position t sees pixels
/// before t alone. The laws of [Backend] hold.
public interface Inputs {
  /// y (B,T,3) = value, row and column of pixel t - 1, the last two scaled to [0, 1]; zeros at t =
  /// 0.
  ///
  /// @param side pixels in a row of the image
  void previousPixel(Tensor pixels, int side, Tensor y);

  /// `y[b,t] (C) = table[pixel t - 1] + position[t]`, and `position[0]` alone at t = 0.
  ///
  /// @param table (V,C), a row for each value of a pixel; the value is a whole number from 0 to V
  ///   - 1, and any other gives NaN
  /// @param position (T,C)
  void embedPrevious(Tensor pixels, Tensor table, Tensor position, Tensor y);

  /// y (B,C) = place `t` of [#embedPrevious]; of the pixels, only number t - 1 is read.
  void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y);

  /// Gradients of [#embedPrevious].
  void embedPreviousBackward(
      Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition);
}
