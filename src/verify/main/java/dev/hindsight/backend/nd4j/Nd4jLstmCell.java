package dev.hindsight.backend.nd4j;

import static dev.hindsight.backend.Activation.SIGMOID;
import static dev.hindsight.backend.Activation.TANH;
import static dev.hindsight.backend.nd4j.Activations.derivativeFromOutput;

import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.LstmCell;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// A step of LSTM units as in the paper.
record Nd4jLstmCell(Nd4jMemory memory) implements LstmCell {
  @Override
  public void forward(
      Tensor gates, @Nullable Tensor recurrent, @Nullable Tensor before, Tensor c, Tensor h) {
    INDArray all = memory.matrix(gates);
    if (recurrent != null) {
      all.addi(memory.matrix(recurrent));
    }
    forward(all, matrix(before), memory.matrix(c), memory.matrix(h));
  }

  @Override
  public void lstmCellDiagonal(
      Diagonal d, Tensor gates, @Nullable Tensor said, Tensor c, Tensor h, Tensor dense) {
    int hidden = c.channels();
    INDArray all = copy(pixels(d, gates));
    if (above(d) < d.count()) {
      rows(all, above(d) * d.batch()).addi(heardFromAbove(d, said, hidden));
    }
    if (beside(d) > 0) {
      rows(all, 0, beside(d) * d.batch()).addi(heardFromBeside(d, said, hidden));
    }
    INDArray state = Nd4j.zeros(all.dataType(), all.rows(), hidden);
    INDArray out = state.ulike();
    forward(all, besides(d, c), state, out);
    assign(pixels(d, gates), all);
    assign(pixels(d, c), state);
    assign(pixels(d, h), out);
    dense(d, dense, 0, d.count()).assign(out);
  }

  /// @param before of the first so many rows; the others have no state before
  static void forward(INDArray all, @Nullable INDArray before, INDArray c, INDArray h) {
    for (int k = 0; k < 4; k++) {
      INDArray gate = gate(all, k);
      gate.assign(Activations.activate(k == 2 ? TANH : SIGMOID, gate.dup()));
    }
    INDArray state = gate(all, 0).mul(gate(all, 2));
    if (before != null) {
      int rows = before.rows();
      rows(state, 0, rows).addi(rows(gate(all, 1), 0, rows).mul(before));
    }
    c.assign(state);
    h.assign(Activations.activate(TANH, state).muli(gate(all, 3)));
  }

  @Override
  public void backward(
      Tensor gates,
      @Nullable Tensor before,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc) {
    INDArray dy = memory.matrix(dh).dup();
    if (carried != null) {
      dy.addi(memory.matrix(carried));
    }
    backward(memory.matrix(gates), matrix(before), memory.matrix(c), dy, memory.matrix(dc));
  }

  @Override
  public void lstmCellDiagonalBackward(
      Diagonal d,
      Tensor gates,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc,
      @Nullable Tensor dsaid) {
    int hidden = c.channels();
    if (dsaid != null) {
      memory.vector(dsaid).assign(0); // what nobody hears
    }
    INDArray all = copy(pixels(d, gates));
    INDArray dy = copy(pixels(d, dh));
    if (carried != null) {
      dy.addi(dense(d, carried, 0, d.count()));
    }
    backward(all, besides(d, c), copy(pixels(d, c)), dy, dense(d, dc, d.top(), d.count()));
    assign(pixels(d, gates), all);
    if (above(d) < d.count()) {
      heardFromAbove(d, dsaid, hidden).assign(rows(all, above(d) * d.batch()));
    }
    if (beside(d) > 0) {
      heardFromBeside(d, dsaid, hidden).assign(rows(all, 0, beside(d) * d.batch()));
    }
  }

  /// @param all i, f, g, o; overwritten by their gradients
  /// @param ds dc
  static void backward(
      INDArray all, @Nullable INDArray before, INDArray c, INDArray dy, INDArray ds) {
    INDArray i = gate(all, 0).dup();
    INDArray f = gate(all, 1).dup();
    INDArray g = gate(all, 2).dup();
    INDArray o = gate(all, 3).dup();
    INDArray squashed = Activations.activate(TANH, c.dup());
    ds.addi(derivativeFromOutput(TANH, squashed).muli(o).muli(dy));
    gate(all, 0).assign(derivativeFromOutput(SIGMOID, i).muli(g).muli(ds));
    gate(all, 1).assign(0);
    if (before != null) {
      int rows = before.rows();
      INDArray slope = derivativeFromOutput(SIGMOID, rows(f, 0, rows).dup());
      rows(gate(all, 1), 0, rows).assign(slope.muli(before).muli(rows(ds, 0, rows)));
    }
    gate(all, 2).assign(derivativeFromOutput(TANH, g).muli(i).muli(ds));
    gate(all, 3).assign(derivativeFromOutput(SIGMOID, o).muli(squashed).muli(dy));
    ds.muli(f);
  }

  private @Nullable INDArray matrix(@Nullable Tensor t) {
    return t == null ? null : memory.matrix(t);
  }

  /// The first pixel of a diagonal with one right above it.
  private static int above(Diagonal d) {
    return d.shift() > 0 ? 0 : 1;
  }

  /// So many pixels of a diagonal, its first, have one beside them.
  private static int beside(Diagonal d) {
    return Math.min(d.count(), d.before() - d.shift());
  }

  /// The states of the pixels that lie beside a diagonal's first; null where there are none.
  private @Nullable INDArray besides(Diagonal d, Tensor c) {
    return beside(d) > 0 ? copy(pixels(d, beside(d), d.toBefore(), c)) : null;
  }

  /// All pixels of a diagonal, (n,B,C) of (T,B,W,C).
  private INDArray pixels(Diagonal d, Tensor t) {
    return pixels(d, d.count(), 0, t);
  }

  /// The first so many, or those that are so many places from them.
  private INDArray pixels(Diagonal d, int count, int away, Tensor t) {
    long channels = t.channels();
    return memory.view(
        t,
        (d.start() + away) * channels,
        new long[] {count, d.batch(), channels},
        new long[] {d.pitch() * channels, d.width() * channels, 1});
  }

  private static INDArray copy(INDArray pixels) {
    return pixels.dup('c').reshape('c', pixels.size(0) * pixels.size(1), pixels.size(2));
  }

  private static void assign(INDArray pixels, INDArray rows) {
    pixels.assign(rows.reshape('c', pixels.shape()));
  }

  /// Pixels from `k` on of all images of (n,B,C), as rows.
  private INDArray dense(Diagonal d, Tensor t, int k, int count) {
    long channels = t.channels();
    long rows = (long) count * d.batch();
    return memory.view(t, (long) k * d.batch() * channels, rows, channels, channels);
  }

  /// What those of the diagonal before say to the pixels below them, (n,4H).
  private INDArray heardFromAbove(Diagonal d, @Nullable Tensor said, int hidden) {
    int from = above(d);
    return heard(d, said, from + d.shift() - 1, d.count() - from, 0, hidden);
  }

  /// And to those beside them.
  private INDArray heardFromBeside(Diagonal d, @Nullable Tensor said, int hidden) {
    return heard(d, said, d.shift(), beside(d), 1, hidden);
  }

  private INDArray heard(
      Diagonal d, @Nullable Tensor said, int k, int count, int which, int hidden) {
    INDArray both = dense(d, Objects.requireNonNull(said), k, count);
    return Matrices.block(both, 0, both.rows(), 4L * hidden * which, 4L * hidden * (which + 1));
  }

  private static INDArray rows(INDArray m, int from) {
    return rows(m, from, m.rows());
  }

  private static INDArray rows(INDArray m, int from, int to) {
    return Matrices.block(m, from, to, 0, m.columns());
  }

  /// Columns of gate `k` of four.
  private static INDArray gate(INDArray all, int k) {
    int width = all.columns() / 4;
    return Matrices.block(all, 0, all.rows(), (long) k * width, (k + 1L) * width);
  }
}
