package dev.hindsight.ops;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// An LSTM layer that goes one step at a time and keeps h and c in between. Everything it needs is
/// laid out once; a step allocates nothing.
public final class LstmState {
  private final Backend backend;
  private final Shape state; // (B,H)
  private final Tensor wx;
  private final Tensor bias;
  private final Tensor packed;
  private final Tensor h; // (2,B,H): the state, and where the next one is put
  private final Tensor c;
  private final Tensor gates;
  private final Tensor newH;
  private final Tensor newC;
  private final Tensor oldH;
  private final Tensor oldC;

  LstmState(Backend backend, Scope scope, Tensor wx, Tensor bx, Tensor wh, Tensor bh, Shape state) {
    int batch = state.dim(0);
    int hidden = state.dim(1);
    this.backend = backend;
    this.state = state;
    this.wx = wx;
    this.bias = scope.floats(4 * hidden);
    backend.add(bx, bh, bias);
    this.packed = scope.floats(4 * hidden, hidden);
    backend.recurrence().packLstm(wh, packed);
    this.h = scope.zeros(2, batch, hidden);
    this.c = scope.zeros(2, batch, hidden);
    this.gates = scope.floats(1, batch, 4 * hidden);
    this.oldH = h.part(0, state);
    this.oldC = c.part(0, state);
    this.newH = h.part(state.size(), state);
    this.newC = c.part(state.size(), state);
  }

  /// Reads x (B,I) and returns h (B,H), whose values hold until the next step.
  public Tensor step(Tensor x) {
    Ops.require(
        x.rows() == state.dim(0) && x.channels() == wx.channels(),
        "lstm: a step wants x (%d, %d) but got %s",
        state.dim(0),
        wx.channels(),
        x.shape());
    backend.linear(x, wx, bias, Activation.IDENTITY, gates);
    backend.recurrence().lstm(packed, h, c, gates);
    backend.copy(newH, oldH);
    backend.copy(newC, oldC);
    return oldH;
  }
}
