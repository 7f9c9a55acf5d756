package dev.hindsight.model.pixelrnn;

import static dev.hindsight.model.AutoregressiveModel.SIDE;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.RowLstm;
import dev.hindsight.sample.PixelRows;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Of a Row LSTM one row: its states, which those of the next row overwrite, and what the row above
/// says to all columns, computed once that row is whole.
final class RowStates implements LayerStates {
  private final Backend backend;
  private final RowLstm lstm;
  private final PixelRows gates;
  private final PixelRows said; // by the row above
  private final PixelRows c;
  private final PixelRows h;

  RowStates(Backend backend, Scope scope, RowLstm lstm, int batch, int hidden) {
    this.backend = backend;
    this.lstm = lstm;
    gates = new PixelRows(scope, 1, batch, 4 * hidden);
    said = new PixelRows(scope, 1, batch, 4 * hidden);
    c = new PixelRows(scope, 1, batch, hidden);
    h = new PixelRows(scope, 1, batch, hidden);
  }

  @Override
  public Tensor next(PixelRows x, int row, int column) {
    Tensor now = h.pixel(row, column);
    lstm.input().pixels(backend, x.all(), row, column, column + 1, gates.all());
    RowLstm.step(
        backend,
        gates.pixel(row, column),
        row == 0 ? null : said.pixel(row, column),
        c.pixel(row, column),
        now);
    return now;
  }

  @Override
  public void endRow(PixelRows x, int row) {
    lstm.state().pixels(backend, h.all(), row, 0, SIDE, said.all());
  }
}
