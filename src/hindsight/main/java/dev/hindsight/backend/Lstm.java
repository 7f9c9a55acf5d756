package dev.hindsight.backend;

import dev.hindsight.tensor.Tensor;

/// What an LSTM (Hochreiter & Schmidhuber 1997) does step after step, and nothing else: the product
/// of the input for all steps comes before it and the weights' gradients after it, each one large
/// [Linear#forward]. The laws of [Backend] hold, but [#backward] works in place.
///
/// Sequences are time-major, so that a step is one piece of memory:
///
/// - h, c (T+1,B,H), with the initial state in slot 0
/// - gates (T,B,4H) in PyTorch's order i, f, g, o, as are the rows of wh
/// - wh (4H,H)
public interface Lstm {
  /// packed (4H,H) = wh (4H,H) in whatever order [#forward] here reads it best
  void packLstm(Tensor wh, Tensor packed);

  /// For each step t: i, f, g, o = σ, σ, tanh, σ of `gates[t] + h[t]·whᵀ`, then `c[t+1] = f·c[t] +
  /// i·g` and `h[t+1] = o·tanh(c[t+1])`. Slot 0 of h and c is read.
  ///
  /// @param packed wh, by [#packLstm]
  /// @param gates the input's product with the biases; overwritten by i, f, g, o
  void forward(Tensor packed, Tensor h, Tensor c, Tensor gates);

  /// Backwards through time, after [#forward].
  ///
  /// @param gates i, f, g, o; overwritten by their gradients before the activations, from which
  ///   follow those of the input, the weights and the biases
  /// @param dh (T,B,H) gradient of `h[1]` to `h[T]` from outside; overwritten by the whole gradient
  /// @param dc (B,H) gradient of `c[T]` from outside; overwritten by that of `c[0]`
  void backward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc);
}
