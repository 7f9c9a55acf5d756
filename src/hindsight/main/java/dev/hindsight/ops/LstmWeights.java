package dev.hindsight.ops;

import dev.hindsight.tensor.Tensor;

/// What one of the two LSTMs of [Ops#diagonalBiLstm] has learnt, gates in PyTorch's order i, f, g,
/// o.
///
/// @param wx (4H,I)
/// @param b (4H)
/// @param wh (2,4H,H), for the pixel above and for the one beside it
public record LstmWeights(Tensor wx, Tensor b, Tensor wh) {
  int hidden() {
    return wh.channels();
  }
}
