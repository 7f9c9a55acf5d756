package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// One step of many LSTM units at once, without a product: what is left of a recurrence over images
/// (PixelRNN, eq. 3), whose products are convolutions. The laws of [Backend] hold, but both work in
/// place.
///
/// - gates, recurrent (N,4H) in PyTorch's order i, f, g, o
/// - h, dh (N,H)
/// - c, dc (N,H) in fp32
public interface LstmCell {
  /// i, f, g, o = σ, σ, tanh, σ of `gates + recurrent`, then `c = f·before + i·g` and `h =
  /// o·tanh(c)`.
  ///
  /// @param gates what the input says, with the bias; overwritten by i, f, g, o
  /// @param recurrent what the step before says; null = nothing
  /// @param before the state of the step before, perhaps c itself; null = zeros
  void forward(
      Tensor gates, @Nullable Tensor recurrent, @Nullable Tensor before, Tensor c, Tensor h);

  /// The way back of [#forward].
  ///
  /// @param gates i, f, g, o; overwritten by their gradients before the activations, which are
  ///   those of what the input and the step before said
  /// @param before as there
  /// @param c the state that the step left
  /// @param dh the gradient of h from the layer above
  /// @param carried what the step after adds to it; null = nothing
  /// @param dc the gradient of c from the step after; overwritten by that of `before`
  void backward(
      Tensor gates,
      @Nullable Tensor before,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc);
}
