package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.ANY;
import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;
import static dev.hindsight.ops.Fit.requireType;

import dev.hindsight.backend.ClassBias;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [ClassBias].
final class ClassBiasOps {
  private ClassBiasOps() {}

  static Tensor classBias(Ops ops, Tensor x, Tensor table, Tensor labels) {
    requireElements("classBias", x);
    requireElements("classBias", table);
    requireShape("classBias", "x", x, "table", table, ANY, x.channels());
    requireShape("classBias", "x", x, "labels", labels, x.dim(0));
    requireType("classBias", "table", table, ElementType.FP32);
    requireType("classBias", "labels", labels, ElementType.FP32);
    ClassBias bias = ops.backend().classBias();
    int places = x.rows() / x.dim(0);
    Tensor y = ops.like(x);
    bias.forward(x, table, labels, places, y);
    ops.structure(s -> s.elements(y, x));
    return ops.record(
        y,
        (t, dy) -> {
          Tensor dtable = t.grad(table);
          if (dtable != null) {
            bias.backward(labels, places, dy, dtable);
          }
          t.pass(ops.backend(), dy, x);
        });
  }
}
