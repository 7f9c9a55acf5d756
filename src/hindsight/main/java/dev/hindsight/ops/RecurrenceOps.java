package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// LSTM layers and the order of the axes that they want.
final class RecurrenceOps {
  private final Backend backend;
  private final Scope scope;
  private final @Nullable Tape tape;

  RecurrenceOps(Backend backend, Scope scope, @Nullable Tape tape) {
    this.backend = backend;
    this.scope = scope;
    this.tape = tape;
  }

  /// Everything that needs no step before it is one product over all steps: the input's before the
  /// recurrence, the gradients of x, wx and wh after it.
  Tensor lstm(Tensor x, Tensor wx, Tensor bx, Tensor wh, Tensor bh) {
    requireLstm(x, wx, bx, wh, bh);
    int steps = x.dim(0);
    int batch = x.dim(1);
    int hidden = wh.dim(1);
    Shape state = Shape.of(batch, hidden);
    Shape states = Shape.of(steps, batch, hidden);
    Tensor b = scope.floats(4 * hidden);
    backend.add(bx, bh, b);
    Tensor gates = scope.floats(steps, batch, 4 * hidden);
    backend.linear(x, wx, b, Activation.IDENTITY, gates);
    Tensor h = scope.floats(steps + 1, batch, hidden);
    Tensor c = scope.floats(steps + 1, batch, hidden);
    backend.fill(h.part(0, state), 0);
    backend.fill(c.part(0, state), 0);
    Tensor packed = scope.floats(4 * hidden, hidden);
    backend.recurrence().packLstm(wh, packed);
    backend.recurrence().lstm(packed, h, c, gates);
    Tensor y = h.part(state.size(), states);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            backend.recurrence().lstmBackward(wh, c, gates, dy, scope.zeros(batch, hidden));
            Tensor before = h.part(0, states);
            Activation none = Activation.IDENTITY;
            Tensor db = scope.zeros(4 * hidden);
            backend.linearBackward(x, wx, none, gates, gates, t.grad(x), t.grad(wx), db);
            backend.linearBackward(before, wh, none, gates, gates, null, t.grad(wh), null);
            for (Tensor bias : new Tensor[] {bx, bh}) {
              Tensor gradient = t.grad(bias);
              if (gradient != null) {
                backend.accumulate(db, gradient);
              }
            }
          });
    }
    return y;
  }

  LstmState lstmState(Tensor wx, Tensor bx, Tensor wh, Tensor bh, int batch) {
    int hidden = wh.channels();
    requireWeights(wx.channels(), wx, bx, wh, bh);
    return new LstmState(backend, scope, wx, bx, wh, bh, Shape.of(batch, hidden));
  }

  Tensor timeMajor(Tensor x) {
    require(x.shape().rank() == 3, "timeMajor: x must be (B,T,C) but is %s", x.shape());
    return swapped(x, Shape.of(x.dim(1), x.dim(0), x.channels()));
  }

  Tensor batchMajor(Tensor x) {
    require(x.shape().rank() == 3, "batchMajor: x must be (T,B,C) but is %s", x.shape());
    return swapped(x, Shape.of(x.dim(1), x.dim(0) * x.channels()));
  }

  private Tensor swapped(Tensor x, Shape result) {
    Tensor y = scope.floats(result.dims());
    backend.recurrence().swapAxes(x, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            Tensor dx = t.grad(x);
            if (dx != null) {
              backend.recurrence().swapAxesBackward(dy, dx);
            }
          });
    }
    return y;
  }

  private static void requireLstm(Tensor x, Tensor wx, Tensor bx, Tensor wh, Tensor bh) {
    require(x.shape().rank() == 3, "lstm: x must be (T,B,I) but is %s", x.shape());
    requireWeights(x.channels(), wx, bx, wh, bh);
  }

  private static void requireWeights(int inputs, Tensor wx, Tensor bx, Tensor wh, Tensor bh) {
    require(
        wh.shape().rank() == 2 && wh.dim(0) == 4 * wh.dim(1),
        "lstm: wh must be (4H,H) but is %s",
        wh.shape());
    require(
        wx.shape().equals(Shape.of(wh.dim(0), inputs)),
        "lstm: inputs of %d and wh %s need wx (%d, %d) but it is %s",
        inputs,
        wh.shape(),
        wh.dim(0),
        inputs,
        wx.shape());
    require(
        bx.size() == wh.dim(0) && bh.size() == wh.dim(0),
        "lstm: wh %s needs two biases (%d) but they are %s and %s",
        wh.shape(),
        wh.dim(0),
        bx.shape(),
        bh.shape());
  }
}
