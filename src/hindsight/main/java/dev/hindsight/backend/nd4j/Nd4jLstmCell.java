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

/// A step of LSTM units as in the paper.
final class Nd4jLstmCell implements LstmCell {
  private final Nd4jMemory memory;

  Nd4jLstmCell(Nd4jMemory memory) {
    this.memory = memory;
  }

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
    for (int k = 0; k < d.count(); k++) {
      INDArray all = pixel(d, k, 0, gates);
      if (isAbove(d, k)) {
        all.addi(heard(d, said, k + d.shift() - 1, 0, hidden));
      }
      if (isBeside(d, k)) {
        all.addi(heard(d, said, k + d.shift(), 1, hidden));
      }
      INDArray out = pixel(d, k, 0, h);
      forward(all, besides(d, k, c), pixel(d, k, 0, c), out);
      dense(d, dense, k).assign(out);
    }
  }

  private static void forward(INDArray all, @Nullable INDArray before, INDArray c, INDArray h) {
    for (int k = 0; k < 4; k++) {
      INDArray gate = gate(all, k);
      gate.assign(Activations.activate(k == 2 ? TANH : SIGMOID, gate.dup()));
    }
    INDArray state = gate(all, 0).mul(gate(all, 2));
    if (before != null) {
      state.addi(gate(all, 1).mul(before));
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
    for (int k = 0; k < d.count(); k++) {
      INDArray all = pixel(d, k, 0, gates);
      INDArray dy = pixel(d, k, 0, dh).dup();
      if (carried != null) {
        dy.addi(dense(d, carried, k));
      }
      backward(all, besides(d, k, c), pixel(d, k, 0, c), dy, dense(d, dc, d.top() + k));
      if (isAbove(d, k)) {
        heard(d, dsaid, k + d.shift() - 1, 0, hidden).assign(all);
      }
      if (isBeside(d, k)) {
        heard(d, dsaid, k + d.shift(), 1, hidden).assign(all);
      }
    }
  }

  /// @param all i, f, g, o; overwritten by their gradients
  /// @param ds dc
  private static void backward(
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
      gate(all, 1).assign(derivativeFromOutput(SIGMOID, f).muli(before).muli(ds));
    }
    gate(all, 2).assign(derivativeFromOutput(TANH, g).muli(i).muli(ds));
    gate(all, 3).assign(derivativeFromOutput(SIGMOID, o).muli(squashed).muli(dy));
    ds.muli(f);
  }

  private @Nullable INDArray matrix(@Nullable Tensor t) {
    return t == null ? null : memory.matrix(t);
  }

  private static boolean isAbove(Diagonal d, int k) {
    return k + d.shift() > 0;
  }

  private static boolean isBeside(Diagonal d, int k) {
    return k + d.shift() < d.before();
  }

  /// The states of the pixel beside pixel `k`, of all images; null where there is none.
  private @Nullable INDArray besides(Diagonal d, int k, Tensor c) {
    return isBeside(d, k) ? pixel(d, k, d.toBefore(), c) : null;
  }

  /// Pixel `k` of all images, or one that is so many places from it, (B,C) of (T,B,W,C).
  private INDArray pixel(Diagonal d, int k, int away, Tensor t) {
    long channels = t.channels();
    long place = (long) d.place(k, 0) + away;
    return memory.view(t, place * channels, d.batch(), channels, d.width() * channels);
  }

  /// Pixel `k` of all images of (n,B,C).
  private INDArray dense(Diagonal d, Tensor t, int k) {
    long channels = t.channels();
    return memory.view(t, (long) k * d.batch() * channels, d.batch(), channels, channels);
  }

  /// What pixel `k` of the diagonal before says to the one below it, or beside it, (B,4H).
  private INDArray heard(Diagonal d, @Nullable Tensor said, int k, int which, int hidden) {
    INDArray both = dense(d, Objects.requireNonNull(said), k);
    return Matrices.block(both, 0, d.batch(), 4L * hidden * which, 4L * hidden * (which + 1));
  }

  /// Columns of gate `k` of four.
  private static INDArray gate(INDArray all, int k) {
    int width = all.columns() / 4;
    return Matrices.block(all, 0, all.rows(), (long) k * width, (k + 1L) * width);
  }
}
