package dev.hindsight.ops;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An LSTM layer that goes one step at a time and keeps h and c in between. Everything it needs is
/// laid out once; a step allocates nothing.
///
/// A step writes the state behind the one it reads. After some steps the last one is copied to the
/// front: cheaper than a copy at each, and no memory for all.
public final class LstmState {
  private static final int STEPS = 8;

  private final Backend backend;
  private final Shape state; // (B,H)
  private final Tensor wx;
  private final @Nullable Tensor bias; // (4H)
  private final @Nullable Tensor biases; // or of each sequence (B,4H)
  private final Tensor packed;
  private final Tensor gates; // (1,B,4H)
  private final List<Tensor> h = new ArrayList<>(); // (2,B,H), of each step: read, written
  private final List<Tensor> c = new ArrayList<>();
  private final List<Tensor> results = new ArrayList<>(); // (B,H), the second of each h
  private final Tensor firstH; // (B,H)
  private final Tensor firstC;
  private final Tensor lastC;
  private int next; // step since the last copy

  /// @param b (4H), or of each sequence (B,4H)
  LstmState(Backend backend, Scope scope, Tensor wx, Tensor b, Tensor wh, Shape state) {
    int batch = state.dim(0);
    int hidden = state.dim(1);
    this.backend = backend;
    this.state = state;
    this.wx = wx;
    this.bias = b.shape().rank() == 1 ? b : null;
    this.biases = b.shape().rank() == 1 ? null : b;
    this.packed = scope.floats(4 * hidden, hidden);
    backend.lstm().packLstm(wh, packed);
    this.gates = scope.floats(1, batch, 4 * hidden);
    Tensor allH = scope.zeros(STEPS + 1, batch, hidden);
    Tensor allC = scope.zeros(STEPS + 1, batch, hidden);
    Shape pair = Shape.of(2, batch, hidden);
    for (int k = 0; k < STEPS; k++) {
      h.add(allH.part(k * state.size(), pair));
      c.add(allC.part(k * state.size(), pair));
      results.add(allH.part((k + 1) * state.size(), state));
    }
    this.firstH = allH.part(0, state);
    this.firstC = allC.part(0, state);
    this.lastC = allC.part(STEPS * state.size(), state);
  }

  /// Reads x (B,I) and returns h (B,H), whose values hold until the next step.
  public Tensor step(Tensor x) {
    Fit.require(
        x.rows() == state.dim(0) && x.channels() == wx.channels(),
        "lstm: a step wants x (%d, %d) but got %s",
        state.dim(0),
        wx.channels(),
        x.shape());
    if (next == STEPS) {
      backend.copy(results.getLast(), firstH);
      backend.copy(lastC, firstC);
      next = 0;
    }
    if (biases == null) {
      backend.linear().forward(x, wx, bias, Activation.IDENTITY, gates);
    } else {
      backend.linear().linearAdd(x, wx, null, biases, gates);
    }
    backend.lstm().forward(packed, h.get(next), c.get(next), gates);
    return results.get(next++);
  }
}
