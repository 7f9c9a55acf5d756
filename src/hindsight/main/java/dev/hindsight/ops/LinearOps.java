package dev.hindsight.ops;

import static dev.hindsight.ops.Ops.require;
import static dev.hindsight.ops.Ops.requireAlike;
import static dev.hindsight.ops.Ops.requireElements;

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
    require(
        residual.rows() == x.rows() && residual.channels() == w.dim(0),
        "linearAdd: x %s and w %s need residual (%d, %d) but it is %s",
        x.shape(),
        w.shape(),
        x.rows(),
        w.dim(0),
        residual.shape());
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
    require(
        w.shape().rank() == 2 && x.channels() == w.dim(1),
        "%s: x %s needs w (*, %d) but w is %s",
        op,
        x.shape(),
        x.channels(),
        w.shape());
    require(
        b == null || b.size() == w.dim(0),
        "%s: w %s needs b (%d) but b is %s",
        op,
        w.shape(),
        w.dim(0),
        b == null ? "absent" : b.shape());
    require(
        f.derivativeFollowsFromOutput(),
        "%s: %s cannot be fused, since its derivative needs the input; use linearGelu, or call activate after it",
        op,
        f);
  }
}
