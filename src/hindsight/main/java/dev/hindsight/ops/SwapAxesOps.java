package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.requireAxes;
import static dev.hindsight.ops.Fit.requireElements;

import dev.hindsight.backend.SwapAxes;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates [SwapAxes].
final class SwapAxesOps {
  private SwapAxesOps() {}

  static Tensor timeMajor(Ops ops, Tensor x) {
    requireElements("timeMajor", x);
    requireAxes("timeMajor", "x", x, "(B,T,C)");
    return swapped(ops, x, Shape.of(x.dim(1), x.dim(0), x.channels()));
  }

  static Tensor batchMajor(Ops ops, Tensor x) {
    requireElements("batchMajor", x);
    requireAxes("batchMajor", "x", x, "(T,B,C)");
    return swapped(ops, x, Shape.of(x.dim(1), x.dim(0) * x.channels()));
  }

  private static Tensor swapped(Ops ops, Tensor x, Shape result) {
    SwapAxes axes = ops.backend().swapAxes();
    Tensor y = ops.like(x, result);
    axes.forward(x, y);
    ops.structure(s -> s.reads(y, x, swapped(x, s.places(x))));
    return ops.record(y, (t, dy) -> t.into(x, dx -> axes.backward(dy, dx)));
  }

  /// Rows and columns of blocks, which are cut as finely as x is known.
  private static Reads swapped(Tensor x, int known) {
    int rows = x.dim(0);
    int columns = x.dim(1);
    int within = Math.max(1, known / (rows * columns));
    int places = rows * columns * within;
    return new Reads(
        places,
        places,
        p -> {
          int block = p / within;
          return new int[] {(block % rows * columns + block / rows) * within + p % within};
        });
  }
}
