package dev.hindsight.backend.draw;

import dev.hindsight.tensor.Tensor;

/// What a kernel must know to draw whole images of an LSTM of one layer: its parameters, as PyTorch
/// has them, and how a sequence lies in an image.
///
/// @param wx (4H,3), of value, row and column of the pixel before, see
///   [dev.hindsight.backend.PreviousPixel]
/// @param bx (4H)
/// @param wh (4H,H)
/// @param bh (4H)
/// @param head (1,H), from h to a logit
/// @param headBias (1)
/// @param side pixels in a row of the image
public record LstmLoop(
    Tensor wx, Tensor bx, Tensor wh, Tensor bh, Tensor head, Tensor headBias, int side)
    implements DrawingLoop {
  public int hidden() {
    return wh.channels();
  }
}
