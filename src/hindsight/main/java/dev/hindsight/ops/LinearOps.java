package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.ANY;
import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Linear;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checks and differentiates [Linear].
final class LinearOps {
  private LinearOps() {}

  static Tensor linear(Ops ops, Tensor x, Tensor w, @Nullable Tensor b, Activation f) {
    requireFit("linear", x, w, b, f);
    Linear linear = ops.backend().linear();
    Tensor y = ops.like(x, x.shape().withChannels(w.dim(0)));
    linear.forward(x, w, b, f, y);
    ops.structure(s -> s.product(y, x, Reads.same(x.rows()), w.size()));
    return ops.record(y, (t, dy) -> linear.backward(x, w, f, y, dy, t.gradients(x, w, b)));
  }

  static Tensor linearGelu(Ops ops, Tensor x, Tensor w, Tensor b) {
    requireFit("linearGelu", x, w, b, Activation.IDENTITY);
    Linear linear = ops.backend().linear();
    Tensor y = ops.like(x, x.shape().withChannels(w.dim(0)));
    ops.structure(s -> s.product(y, x, Reads.same(x.rows()), w.size()));
    if (ops.tape() == null) {
      linear.linearGelu(x, w, b, null, y);
      return y;
    }
    Tensor before = ops.like(y);
    linear.linearGelu(x, w, b, before, y);
    return ops.record(
        y, (t, dy) -> linear.linearGeluBackward(x, w, before, dy, t.gradients(x, w, b)));
  }

  static Tensor linearAdd(Ops ops, Tensor residual, Tensor x, Tensor w, Tensor b) {
    requireFit("linearAdd", x, w, b, Activation.IDENTITY);
    int[] like = x.shape().withChannels(w.dim(0)).dims();
    requireShape("linearAdd", "x", x, "residual", residual, like);
    Linear linear = ops.backend().linear();
    requireAlike("linearAdd", residual, x);
    Tensor y = ops.like(residual);
    linear.linearAdd(x, w, b, residual, y);
    ops.structure(
        s -> {
          s.product(y, x, Reads.same(x.rows()), w.size());
          s.rows(y, residual);
        });
    return ops.record(
        y,
        (t, dy) -> {
          linear.backward(x, w, Activation.IDENTITY, y, dy, t.gradients(x, w, b));
          t.pass(ops.backend(), dy, residual);
        });
  }

  static void requireFit(String op, Tensor x, Tensor w, @Nullable Tensor b, Activation f) {
    requireElements(op, x);
    requireElements(op, w);
    requireAlike(op, x, w);
    requireShape(op, "x", x, "w", w, ANY, x.channels());
    if (b != null) {
      requireShape(op, "w", w, "b", b, w.dim(0));
    }
    require(
        f.derivativeFollowsFromOutput(),
        "%s: %s cannot be fused, since its derivative needs the input; use linearGelu, or call activate after it",
        op,
        f);
  }
}
