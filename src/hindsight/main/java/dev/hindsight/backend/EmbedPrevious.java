package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// How a Transformer reads pixels: shifted right by one, so that position t sees pixels before t
/// alone. The laws of [Backend] hold.
///
/// - pixels (B,T·C), pixel by pixel, each value a whole number from 0 to V - 1; any other gives NaN
/// - table (C·V,O), a row for each value of each channel, those of a channel together
/// - position (T,O)
/// - y (B,T,O)
public interface EmbedPrevious {
  /// V of a channel; a GPU's block has a sum for each.
  int MOST_LEVELS = 256;

  /// `y[b,t] = Σ_c table[c·V + value c of pixel t - 1] + position[t]`, and `position[0]` alone at t
  /// = 0
  void forward(Tensor pixels, Tensor table, Tensor position, Tensor y);

  /// Gradients of [#forward].
  void backward(Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition);

  /// y (B,O) = place `t` of [#forward]; of the pixels, only number t - 1 is read.
  void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y);
}
