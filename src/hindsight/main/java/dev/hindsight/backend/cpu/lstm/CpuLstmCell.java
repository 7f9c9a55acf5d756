package dev.hindsight.backend.cpu.lstm;

import static dev.hindsight.backend.cpu.lstm.LstmShare.BEFORE;
import static dev.hindsight.backend.cpu.lstm.LstmShare.H;
import static dev.hindsight.backend.cpu.lstm.LstmShare.STATE;

import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.LstmCell;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.lstm.LstmShare.Places;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A step of LSTM units, some rows at a time, see [LstmShare]; those along a diagonal of images lie
/// scattered.
public final class CpuLstmCell implements LstmCell {
  private final Engine engine;

  public CpuLstmCell(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(
      Tensor gates, @Nullable Tensor recurrent, @Nullable Tensor before, Tensor c, Tensor h) {
    Matrix all = engine.matrix(gates);
    Matrix said = engine.matrixOrNull(recurrent);
    Matrix old = engine.matrixOrNull(before);
    Matrix state = engine.matrix(c);
    Matrix out = engine.matrix(h);
    LstmShare.all(
        engine,
        state.rows(),
        state.columns(),
        share -> {
          share.readGates(all, Places.DENSE);
          if (said != null) {
            share.addGates(said, Places.DENSE);
          }
          share.forward(orZeros(share, old), state.row(share.row()));
          share.write(H, out);
          share.writeGates(all, Places.DENSE);
        });
  }

  @Override
  public void backward(
      Tensor gates,
      @Nullable Tensor before,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc) {
    Matrix all = engine.matrix(gates);
    Matrix old = engine.matrixOrNull(before);
    Matrix state = engine.matrix(c);
    Matrix above = engine.matrix(dh);
    Matrix after = engine.matrixOrNull(carried);
    Matrix slopes = engine.matrix(dc);
    LstmShare.all(
        engine,
        state.rows(),
        state.columns(),
        share -> {
          share.readGates(all, Places.DENSE);
          share.read(above, H);
          addCarried(share, after);
          int row = share.row();
          share.backward(orZeros(share, old), state.row(row), slopes.row(row));
          share.writeGates(all, Places.DENSE);
        });
  }

  private static void addCarried(LstmShare share, @Nullable Matrix carried) {
    if (carried != null) {
      long from = carried.row(share.row());
      carried.stored().addTo(share.tile(H), from, share.size());
    }
  }

  /// The share's states before, zeros where there are none.
  private static long orZeros(LstmShare share, @Nullable Matrix before) {
    if (before != null) {
      return before.row(share.row());
    }
    Native.zero(share.tile(BEFORE), share.size() * Float.BYTES);
    return share.tile(BEFORE);
  }

  /// Where the pixels of a diagonal of all images, pixel after pixel, lie in (T,B,W), and where
  /// those beside and above them are: in (T,B,W), and in halves of (n',B,8H).
  private record Pixels(Diagonal d) {
    int count() {
      return d.count() * d.batch();
    }

    int own(int row) {
      return d.place(row / d.batch(), row % d.batch());
    }

    private boolean isBeside(int row) {
      return row / d.batch() + d.shift() < d.before();
    }

    int beside(int row) {
      return isBeside(row) ? own(row) + d.toBefore() : Places.NONE;
    }

    int saidBeside(int row) {
      return isBeside(row) ? 2 * (row + d.shift() * d.batch()) + 1 : Places.NONE;
    }

    int saidAbove(int row) {
      boolean above = row / d.batch() + d.shift() > 0;
      return above ? 2 * (row + (d.shift() - 1) * d.batch()) : Places.NONE;
    }
  }

  @Override
  public void lstmCellDiagonal(
      Diagonal d, Tensor gates, @Nullable Tensor said, Tensor c, Tensor h, Tensor dense) {
    Pixels pixels = new Pixels(d);
    Matrix all = engine.matrix(gates);
    Matrix halves = said == null ? null : halves(said, all.columns());
    Matrix states = engine.matrix(c);
    Matrix out = engine.matrix(h);
    Matrix together = engine.matrix(dense);
    LstmShare.all(
        engine,
        pixels.count(),
        states.columns(),
        share -> {
          share.readGates(all, pixels::own);
          if (halves != null) {
            share.addGates(halves, pixels::saidBeside);
            share.addGates(halves, pixels::saidAbove);
          }
          share.read(states, pixels::beside, BEFORE);
          share.forward(share.tile(BEFORE), share.tile(STATE));
          share.write(STATE, states, pixels::own);
          share.write(H, out, pixels::own);
          share.write(H, together);
          share.writeGates(all, pixels::own);
        });
  }

  /// (n',B,8H) as rows of 4H.
  private Matrix halves(Tensor said, int columns) {
    int rows = Math.toIntExact(said.size() / columns);
    return Matrix.dense(engine.stored(said), said.address(), rows, columns);
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
    Pixels pixels = new Pixels(d);
    Matrix all = engine.matrix(gates);
    Matrix states = engine.matrix(c);
    Matrix above = engine.matrix(dh);
    Matrix after = engine.matrixOrNull(carried);
    Matrix slopes = engine.matrix(dc).rows(d.top() * d.batch(), pixels.count());
    Matrix halves = dsaid == null ? null : halves(dsaid, all.columns());
    if (halves != null) {
      zeroUnheard(d, halves);
    }
    LstmShare.all(
        engine,
        pixels.count(),
        states.columns(),
        share -> {
          share.readGates(all, pixels::own);
          share.read(above, pixels::own, H);
          addCarried(share, after);
          share.read(states, pixels::own, STATE);
          share.read(states, pixels::beside, BEFORE);
          share.backward(share.tile(BEFORE), share.tile(STATE), slopes.row(share.row()));
          share.writeGates(all, pixels::own);
          if (halves != null) {
            share.writeGates(halves, pixels::saidBeside);
            share.writeGates(halves, pixels::saidAbove);
          }
        });
  }

  /// A pixel in the last row has nobody below it, one in the last column nobody beside it.
  private static void zeroUnheard(Diagonal d, Matrix dsaid) {
    int below = d.count() - 1 + d.shift();
    for (int image = 0; image < d.batch(); image++) {
      if (below < d.before()) {
        clear(dsaid, 2 * (below * d.batch() + image));
      }
      if (d.shift() == 1) {
        clear(dsaid, 2 * image + 1);
      }
    }
  }

  private static void clear(Matrix m, int row) {
    m.stored().zero(m.row(row), m.columns());
  }
}
