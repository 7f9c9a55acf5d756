package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// How an LSTM and a WaveNet read pixels: shifted right by one, so that position t sees pixels
/// before t alone. The laws of [Backend] hold. Pixels need no gradient.
public interface PreviousPixel {
  /// y (B,T,C+2) = the C channels of pixel t - 1, then its row and column, scaled to [0, 1]; zeros
  /// at t = 0.
  ///
  /// @param pixels (B,T·C), pixel by pixel
  /// @param side pixels in a row of the image
  void forward(Tensor pixels, int side, Tensor y);
}
