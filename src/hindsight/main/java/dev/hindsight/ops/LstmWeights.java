package dev.hindsight.ops;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What one of the two LSTMs of [Ops#diagonalBiLstm] has learnt, gates in PyTorch's order i, f, g,
/// o.
///
/// @param wx (4H,I)
/// @param b (4H)
/// @param wh (2,4H,H), for the pixel above and for the one beside it
/// @param classes what they add to the gates, or null
public record LstmWeights(Tensor wx, Tensor b, Tensor wh, @Nullable ClassRows classes) {
  public LstmWeights(Tensor wx, Tensor b, Tensor wh) {
    this(wx, b, wh, null);
  }

  int hidden() {
    return wh.channels();
  }
}
