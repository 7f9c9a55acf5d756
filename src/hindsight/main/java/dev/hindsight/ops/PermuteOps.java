package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.Permute;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [Permute].
final class PermuteOps {
  private static final String OP = "permute";

  private PermuteOps() {}

  static Tensor permute(Ops ops, Tensor x, Tensor columns) {
    requireElements(OP, x);
    require(
        columns.size() == x.channels() && columns.type() == ElementType.INT32,
        "%s: x %s needs columns (%d) of INT32 but they are %s",
        OP,
        x.shape(),
        x.channels(),
        columns);
    Permute permute = ops.backend().permute();
    Tensor y = ops.like(x);
    permute.forward(x, columns, y);
    ops.structure(s -> s.reads(y, x, moved(x, ops.backend().readInts(columns))));
    Tape tape = ops.tape();
    if (tape == null || !tape.reaches(x)) {
      return y; // pixels, usually: then their product has no way back either
    }
    return ops.record(y, (t, dy) -> t.into(x, dx -> permute.backward(dy, columns, dx)));
  }

  private static Reads moved(Tensor x, int[] columns) {
    int places = Math.toIntExact(x.size());
    int width = columns.length;
    return new Reads(places, places, p -> new int[] {p - p % width + columns[p % width]});
  }
}
