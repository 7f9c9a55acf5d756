package dev.hindsight.model.pixelrnn;

import static dev.hindsight.model.AutoregressiveModel.SIDE;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.DiagonalBiLstm;
import dev.hindsight.nn.DiagonalBiLstm.Direction;
import dev.hindsight.sample.PixelRows;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Of a Diagonal BiLSTM a row for each direction. The rightward one goes on pixel by pixel; the
/// leftward one goes through a row once that is whole, for the row below alone hears of it. So each
/// pixel is computed once, although a diagonal is never whole.
final class DiagonalStates implements LayerStates {
  private final Backend backend;
  private final Pass rightward;
  private final Pass leftward;
  private final PixelRows leftGates; // of the row that it goes through
  private final Tensor gates; // (B,4H)
  private final Tensor sum; // (B,H)

  DiagonalStates(Backend backend, Scope scope, DiagonalBiLstm lstm, int batch, int hidden) {
    this.backend = backend;
    rightward = new Pass(scope, lstm.rightward(), batch, hidden);
    leftward = new Pass(scope, lstm.leftward(), batch, hidden);
    leftGates = new PixelRows(scope, 1, batch, 4 * hidden);
    gates = scope.floats(batch, 4 * hidden);
    sum = scope.floats(batch, hidden);
  }

  @Override
  public Tensor next(PixelRows x, int row, int column) {
    rightward.direction.input(backend, x.pixel(row, column), gates);
    Tensor right = rightward.step(gates, row, column, column - 1);
    if (row == 0) {
      return right;
    }
    backend.add().forward(right, leftward.h.pixel(row - 1, column), sum);
    return sum;
  }

  @Override
  public void endRow(PixelRows x, int row) {
    rightward.sayBelow(row);
    leftward.direction.input(backend, x.row(row), leftGates.row(row));
    for (int column = SIDE - 1; column >= 0; column--) {
      leftward.step(leftGates.pixel(row, column), row, column, column + 1);
    }
    if (row + 1 < SIDE - 1) { // no row hears of the last one's
      leftward.sayBelow(row);
    }
  }

  /// A direction in the row at hand.
  private final class Pass {
    private final Direction direction;
    private final PixelRows said; // by the row above
    private final PixelRows h;
    private final Tensor c; // (B,H), of the pixel that comes before
    private final Tensor beside; // (B,4H)

    Pass(Scope scope, Direction direction, int batch, int hidden) {
      this.direction = direction;
      said = new PixelRows(scope, 1, batch, 4 * hidden);
      h = new PixelRows(scope, 1, batch, hidden);
      c = scope.floats(batch, hidden);
      beside = scope.floats(batch, 4 * hidden);
    }

    /// @param input what the pixel's input says
    /// @param before the column of the pixel that comes before in the row, outside it for the first
    Tensor step(Tensor input, int row, int column, int before) {
      boolean first = before < 0 || before == SIDE;
      if (!first) {
        direction.beside(backend, h.pixel(row, before), beside);
        backend.add().accumulate(beside, input);
      }
      Tensor above = row == 0 ? null : said.pixel(row, column);
      Tensor now = h.pixel(row, column);
      backend.lstmCell().forward(input, above, first ? null : c, c, now);
      return now;
    }

    void sayBelow(int row) {
      direction.below(backend, h.row(row), said.row(row + 1));
    }
  }
}
