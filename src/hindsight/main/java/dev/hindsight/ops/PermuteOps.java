package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Permute;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checks and differentiates [Permute].
final class PermuteOps {
  private PermuteOps() {}

  static Tensor permute(Ops ops, Tensor x, @Nullable Tensor rows, @Nullable Tensor columns) {
    requireFit("permute", x, rows, columns);
    Permute permute = ops.backend().permute();
    Tensor y = ops.like(x);
    permute.forward(x, rows, columns, null, y);
    ops.structure(s -> s.reads(y, x, moved(ops.backend(), x, rows, columns)));
    Tape tape = ops.tape();
    if (tape == null || !tape.reaches(x)) {
      return y; // pixels, usually: then their product has no way back either
    }
    return ops.record(y, (t, dy) -> t.into(x, dx -> permute.backward(dy, rows, columns, null, dx)));
  }

  private static Reads moved(
      Backend backend, Tensor x, @Nullable Tensor rows, @Nullable Tensor columns) {
    int places = Math.toIntExact(x.size());
    int width = x.channels();
    int[] row = rows == null ? null : backend.readInts(rows);
    int[] column = columns == null ? null : backend.readInts(columns);
    return new Reads(
        places,
        places,
        p -> {
          int n = p / width;
          int i = p % width;
          int fromRow = row == null ? n : row[n];
          return new int[] {fromRow * width + (column == null ? i : column[i])};
        });
  }

  private static void requireFit(
      String op, Tensor x, @Nullable Tensor rows, @Nullable Tensor columns) {
    requireElements(op, x);
    requireIndices(op, "rows", x, rows, x.rows());
    requireIndices(op, "columns", x, columns, x.channels());
  }

  private static void requireIndices(
      String op, String name, Tensor x, @Nullable Tensor indices, int count) {
    require(
        indices == null || (indices.size() == count && indices.type() == ElementType.INT32),
        "%s: x %s needs %s (%d) of INT32 but they are %s",
        op,
        x.shape(),
        name,
        count,
        indices == null ? "absent" : indices);
  }
}
