package dev.hindsight.ops;

import static dev.hindsight.ops.Fit.require;
import static dev.hindsight.ops.Fit.requireAlike;
import static dev.hindsight.ops.Fit.requireAxes;
import static dev.hindsight.ops.Fit.requireElements;
import static dev.hindsight.ops.Fit.requireShape;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedConv2d;
import dev.hindsight.backend.Taps;
import dev.hindsight.ops.Reads.Grid;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checks and differentiates recurrences over images: `LstmCell` with the convolutions around it.
final class LstmCellOps {
  private LstmCellOps() {}

  /// Everything that needs no row before it is one product over all rows, each an image of its own:
  /// the input's before the recurrence, the gradients of x, wx and wh after it.
  static Tensor rowLstm(
      Ops ops,
      Tensor x,
      Tensor wx,
      Tensor b,
      Taps inputTaps,
      Tensor wh,
      Taps stateTaps,
      @Nullable ClassRows classes) {
    requireFit(x, wx, b, inputTaps, wh, stateTaps);
    ClassRows.requireFit("rowLstm", classes, wh, x.dim(1));
    Backend backend = ops.backend();
    var rows = new Rows(x.dim(0), x.dim(1), x.dim(2));
    int hidden = wh.channels();
    Tensor seen = rows.all(x);
    Tensor gates = ops.like(x, rows.shape(4 * hidden));
    backend.maskedConv2d().forward(seen, wx, b, inputTaps, rows.all(gates));
    ClassRows.add(backend, classes, rows.width(), gates);
    Tensor h = ops.like(x, rows.shape(hidden));
    Tensor c = ops.scope().floats(rows.shape(hidden).dims());
    Tensor said = ops.like(x, rows.row(4 * hidden)); // what a row says to the one below
    for (int t = 0; t < rows.count(); t++) {
      boolean first = t == 0;
      if (!first) {
        backend.maskedConv2d().forward(rows.at(h, t - 1), wh, null, stateTaps, said);
      }
      backend
          .lstmCell()
          .forward(
              rows.at(gates, t),
              first ? null : said,
              first ? null : rows.at(c, t - 1),
              rows.at(c, t),
              rows.at(h, t));
    }
    ops.structure(
        s -> {
          Grid images = new Grid(x.dim(0), x.dim(1) * x.dim(2), x.dim(2));
          Reads reads =
              new Reads(x.rows(), x.rows(), images.at(inputTaps)).and(images.at(stateTaps, -1));
          s.multiplies(reads.statePairs() * CausalConv1dOps.pair(wh));
          s.product(h, x, reads, CausalConv1dOps.pair(wx));
        });
    return ops.record(
        h,
        (tape, dh) -> {
          throughRows(backend, ops.scope(), rows, wh, stateTaps, gates, c, dh);
          ClassRows.backward(ops, tape, classes, rows.width(), gates);
          MaskedConv2d conv = backend.maskedConv2d();
          Tensor slopes = rows.all(gates);
          Gradient dx = tape.gradient(x);
          Gradient ofRows = dx == null ? null : new Gradient(rows.all(dx.tensor()), dx.fresh());
          conv.backward(
              seen, wx, inputTaps, slopes, new Gradients(ofRows, tape.grad(wx), tape.grad(b)));
          Tensor dwh = tape.grad(wh);
          if (dwh != null && rows.count() > 1) {
            Rows below = rows.but(1);
            Tensor heard = gates.part(rows.row(4 * hidden).size(), below.shape(4 * hidden));
            Tensor before = h.part(0, below.shape(hidden));
            conv.backward(
                below.all(before), wh, stateTaps, below.all(heard), new Gradients(null, dwh, null));
          }
        });
  }

  /// From the last row up: gates become their gradients.
  private static void throughRows(
      Backend backend,
      Scope scope,
      Rows rows,
      Tensor wh,
      Taps stateTaps,
      Tensor gates,
      Tensor c,
      Tensor dh) {
    int hidden = wh.channels();
    Tensor dc = scope.zeros(rows.row(hidden).dims());
    Tensor carried = scope.tensor(dh.type(), rows.row(hidden).dims());
    int last = rows.count() - 1;
    for (int t = last; t >= 0; t--) {
      backend
          .lstmCell()
          .backward(
              rows.at(gates, t),
              t == 0 ? null : rows.at(c, t - 1),
              rows.at(c, t),
              rows.at(dh, t),
              t == last ? null : carried,
              dc);
      if (t > 0) {
        Gradient above = new Gradient(carried, true);
        backend
            .maskedConv2d()
            .backward(carried, wh, stateTaps, rows.at(gates, t), new Gradients(above, null, null));
      }
    }
  }

  /// Rows of a batch of images, (T,B,W,C).
  private record Rows(int count, int batch, int width) {
    Shape shape(int channels) {
      return Shape.of(count, batch, width, channels);
    }

    /// One of them as images of one row.
    Shape row(int channels) {
      return Shape.of(batch, 1, width, channels);
    }

    Tensor at(Tensor x, int t) {
      Shape row = row(x.channels());
      return x.part(t * row.size(), row);
    }

    /// All of them as images of one row.
    Tensor all(Tensor x) {
      return x.part(0, Shape.of(count * batch, 1, width, x.channels()));
    }

    Rows but(int fewer) {
      return new Rows(count - fewer, batch, width);
    }
  }

  private static void requireFit(
      Tensor x, Tensor wx, Tensor b, Taps inputTaps, Tensor wh, Taps stateTaps) {
    requireElements("rowLstm", x);
    requireAlike("rowLstm", x, wx);
    requireAlike("rowLstm", x, wh);
    requireAxes("rowLstm", "x", x, "(T,B,W,I)");
    require(
        isOfRow(inputTaps) && isOfRow(stateTaps),
        "rowLstm: taps must be in the centre's row; rows follow from each other by the state alone");
    int hidden = wh.channels();
    requireShape("rowLstm", "x", x, "wh", wh, stateTaps.count(), 4 * hidden, hidden);
    requireShape("rowLstm", "x", x, "wx", wx, inputTaps.count(), 4 * hidden, x.channels());
    requireShape("rowLstm", "wh", wh, "b", b, 4 * hidden);
  }

  private static boolean isOfRow(Taps taps) {
    return taps.count() > 0 && taps.reach() == 0 && !taps.looksDown();
  }
}
