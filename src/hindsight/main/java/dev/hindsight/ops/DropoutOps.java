package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;

import dev.hindsight.backend.Dropout;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [Dropout].
final class DropoutOps {
  private DropoutOps() {}

  static Tensor dropout(Ops ops, float rate, Tensor x) {
    require(0 <= rate && rate < 1, "dropout: rate must be at least 0 and below 1 but is %s", rate);
    Tape tape = ops.tape();
    if (tape == null || rate == 0) {
      return x;
    }
    Dropout dropout = ops.backend().dropout();
    Tensor draw = tape.draw();
    long offset = tape.takeUniforms(x.size());
    Tensor y = ops.like(x);
    dropout.forward(draw, offset, rate, x, y);
    ops.structure(s -> s.elements(y, x));
    return ops.record(y, (t, dy) -> t.into(x, dx -> dropout.backward(draw, offset, rate, dy, dx)));
  }
}
