package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireAxes;
import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.Backend;
import dev.hindsight.ops.Reads.Grid;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// Checks and differentiates the recurrences of `LstmCell` along diagonals, one from each upper
/// corner.
final class DiagonalLstmOps {
  private static final int[] ABOVE = {-1, 0};

  private DiagonalLstmOps() {}

  /// No row hears of the last one's leftward states, so there are none.
  static Tensor diagonalBiLstm(Ops ops, Tensor x, LstmWeights rightward, LstmWeights leftward) {
    requireFit(x, rightward);
    requireFit(x, leftward);
    require(
        leftward.hidden() == rightward.hidden(),
        "diagonalBiLstm: both LSTMs must be of as many units but wh are %s and %s",
        rightward.wh().shape(),
        leftward.wh().shape());
    Backend backend = ops.backend();
    int rows = x.dim(0);
    Shape row = Shape.of(1, x.dim(1), x.dim(2), rightward.hidden());
    Shape below = Shape.of(rows - 1, x.dim(1), x.dim(2), rightward.hidden());
    DiagonalLstm right = new DiagonalLstm(ops, x, rows, rightward, false);
    Tensor y = ops.like(x, right.h().shape());
    ops.structure(s -> s.rows(y, right.h()));
    if (rows == 1) {
      backend.copy(right.h(), y);
      return ops.record(y, right::backward);
    }
    DiagonalLstm left = new DiagonalLstm(ops, x, rows - 1, leftward, true);
    backend.copy(right.h().part(0, row), y.part(0, row));
    backend.add().forward(right.h().part(row.size(), below), left.h(), y.part(row.size(), below));
    Grid images = new Grid(rows, x.dim(1) * x.dim(2), x.dim(2));
    ops.structure(
        s -> s.reads(y, left.h(), new Reads(y.rows(), left.h().rows(), images.at(ABOVE))));
    return ops.record(
        y,
        (tape, dy) -> {
          right.backward(tape, dy); // which sees all of x, so a fresh gradient is written whole
          left.backward(tape, dy.part(row.size(), below));
        });
  }

  private static void requireFit(Tensor x, LstmWeights w) {
    requireElements("diagonalBiLstm", x);
    requireAlike("diagonalBiLstm", x, w.wx());
    requireAlike("diagonalBiLstm", x, w.wh());
    requireAxes("diagonalBiLstm", "x", x, "(T,B,W,I)");
    int hidden = w.hidden();
    requireShape("diagonalBiLstm", "x", x, "wh", w.wh(), 2, 4 * hidden, hidden);
    requireShape("diagonalBiLstm", "x", x, "wx", w.wx(), 4 * hidden, x.channels());
    requireShape("diagonalBiLstm", "wh", w.wh(), "b", w.b(), 4 * hidden);
    ClassRows.requireFit("diagonalBiLstm", w.classes(), w.wh(), x.dim(1));
  }
}
