package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireAxes;
import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.ops.Reads.Grid;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Checks and differentiates `Lstm`, with the products around it.
final class LstmOps {
  private LstmOps() {}

  /// Everything that needs no step before it is one product over all steps: the input's before the
  /// recurrence, the gradients of x, wx and wh after it.
  static Tensor lstm(
      Ops ops, Tensor x, Tensor wx, Tensor bx, Tensor wh, Tensor bh, @Nullable ClassRows classes) {
    requireElements("lstm", x);
    requireAxes("lstm", "x", x, "(T,B,I)");
    requireWeights(x.channels(), wx, bx, wh, bh);
    requireAlike("lstm", x, wx);
    requireAlike("lstm", x, wh);
    int steps = x.dim(0);
    int batch = x.dim(1);
    ClassRows.requireFit("lstm", classes, wh, batch);
    int hidden = wh.dim(1);
    Shape state = Shape.of(batch, hidden);
    Shape states = Shape.of(steps, batch, hidden);
    Backend backend = ops.backend();
    Tensor b = ops.scope().floats(4 * hidden);
    backend.add().forward(bx, bh, b);
    Tensor gates = ops.like(x, Shape.of(steps, batch, 4 * hidden));
    backend.linear().forward(x, wx, b, Activation.IDENTITY, gates);
    ClassRows.add(backend, classes, 1, gates);
    Tensor h = ops.like(x, Shape.of(steps + 1, batch, hidden));
    Tensor c = ops.scope().floats(steps + 1, batch, hidden);
    backend.fill(h.part(0, state), 0);
    backend.fill(c.part(0, state), 0);
    Tensor packed = ops.like(wh);
    backend.lstm().packLstm(wh, packed);
    backend.lstm().forward(packed, h, c, gates);
    Tensor y = h.part(state.size(), states);
    ops.structure(
        s -> {
          IntFunction<int[]> before = new Grid(steps, batch, 1).at(new int[] {-1, 0});
          s.multiplies(y.rows() * wh.size());
          s.product(y, x, Reads.same(y.rows()).and(before), wx.size());
        });
    return ops.record(
        y,
        (t, dy) -> {
          backend.lstm().backward(wh, c, gates, dy, ops.scope().zeros(batch, hidden));
          ClassRows.backward(ops, t, classes, 1, gates);
          Tensor before = h.part(0, states);
          Activation none = Activation.IDENTITY;
          Tensor db = ops.scope().zeros(4 * hidden);
          backend
              .linear()
              .backward(x, wx, none, gates, gates, new Gradients(t.gradient(x), t.grad(wx), db));
          backend
              .linear()
              .backward(before, wh, none, gates, gates, new Gradients(null, t.grad(wh), null));
          for (Tensor bias : new Tensor[] {bx, bh}) {
            Tensor gradient = t.grad(bias);
            if (gradient != null) {
              backend.add().accumulate(db, gradient);
            }
          }
        });
  }

  static LstmState lstmState(
      Ops ops, Tensor wx, Tensor bx, Tensor wh, Tensor bh, int batch, @Nullable ClassRows classes) {
    requireWeights(wx.channels(), wx, bx, wh, bh);
    ClassRows.requireFit("lstm", classes, wh, batch);
    Tensor b = ops.scope().floats(bx.channels());
    ops.backend().add().forward(bx, bh, b);
    Tensor biases = classes == null ? b : classes.bias(ops.backend(), ops.scope(), b);
    Shape state = Shape.of(batch, wh.channels());
    return new LstmState(ops.backend(), ops.scope(), wx, biases, wh, state);
  }

  private static void requireWeights(int inputs, Tensor wx, Tensor bx, Tensor wh, Tensor bh) {
    require(
        wh.shape().rank() == 2 && wh.dim(0) == 4 * wh.dim(1),
        "lstm: wh must be (4H,H) but is %s",
        wh.shape());
    requireShape("lstm", "wh", wh, "wx", wx, wh.dim(0), inputs);
    requireShape("lstm", "wh", wh, "bx", bx, wh.dim(0));
    requireShape("lstm", "wh", wh, "bh", bh, wh.dim(0));
  }
}
