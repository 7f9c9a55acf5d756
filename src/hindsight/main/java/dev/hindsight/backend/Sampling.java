package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// Whole images in one launch, for models whose state one block, or one grid that waits for itself,
/// can hold. Draws as [Bernoulli] would from the logits that the layers give. The laws of [Backend]
/// hold.
///
/// Everywhere: `draw` (12) is [Draw#pieces]; pixels (N,D) hold the first `from` of each image; the
/// others and all logits (N,D) are written.
public interface Sampling {
  /// Of a backend without such kernels.
  Sampling NONE = new NoSampling();

  /// Whether [#made] can draw so many images of it at once.
  boolean drawsMade(MadeLoop loop, int images);

  /// Draws images of a MADE.
  ///
  /// @param flat all parameters of the model
  void made(
      MadeLoop loop,
      Tensor flat,
      Tensor draw,
      float temperature,
      int from,
      Tensor pixels,
      Tensor logits);

  /// Whether [#lstm] can draw images of one layer of so many units.
  boolean drawsLstm(int hidden);

  /// Draws images of an LSTM.
  ///
  /// @param state (3,N,H), zero at first, used up: h twice, and c
  void lstm(
      LstmLoop loop,
      Tensor state,
      Tensor draw,
      float temperature,
      int from,
      Tensor pixels,
      Tensor logits);
}
