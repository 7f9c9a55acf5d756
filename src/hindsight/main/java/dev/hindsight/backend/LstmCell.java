package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// One step of many LSTM units at once, without a product: what is left of a recurrence over images
/// (PixelRNN, eq. 3), whose products are convolutions. The laws of [Backend] hold, but all work in
/// place.
///
/// - gates, recurrent (N,4H) in PyTorch's order i, f, g, o
/// - h, dh (N,H)
/// - c, dc (N,H) in fp32
///
/// Along a diagonal, images are whole, their rows in front of the batch, and of them only the
/// pixels of the diagonal are touched; n is how many these are, n' how many the diagonal before
/// has.
///
/// - gates (T,B,W,4H); said, dsaid (n',B,8H), of each pixel first what goes to the one below it,
///   then what goes to the one beside it in its row
/// - h, dh (T,B,W,H); dense, carried (n,B,H)
/// - c (T,B,W,H), dc (T,B,H) in fp32
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

  /// [#forward] along a diagonal of images (PixelRNN, section 3.2). A pixel's gates are what the
  /// input says and what the pixels above it and beside it say, which are of the diagonal before;
  /// its state follows from that of the pixel beside it. What lies outside the image says nothing
  /// and has a state of zeros.
  ///
  /// @param gates what the input says, with the bias; overwritten by i, f, g, o
  /// @param said by the diagonal before; null at the first one
  /// @param c has the states of diagonals before
  /// @param dense h of these pixels once more, side by side: what the next product reads
  void lstmCellDiagonal(
      Diagonal diagonal, Tensor gates, @Nullable Tensor said, Tensor c, Tensor h, Tensor dense);

  /// The way back of [#lstmCellDiagonal], from the last diagonal to the first.
  ///
  /// @param gates i, f, g, o; overwritten by their gradients before the activations
  /// @param dh the gradient of h from the layer above
  /// @param carried what the diagonal after adds to it; null = nothing
  /// @param dc of each row the gradient of the state from the pixel after, zeros before the first
  ///   one; overwritten by that of the state before
  /// @param dsaid overwritten, all of it, by the gradient of what the diagonal before said; null at
  ///   the first one
  void lstmCellDiagonalBackward(
      Diagonal diagonal,
      Tensor gates,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc,
      @Nullable Tensor dsaid);
}
