package dev.hindsight.backend.cpu.linear;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;

/// What follows the product of a layer f(x·wᵀ + b): over a block of its result, while that is in
/// the cache.
public final class Epilogue {
  private Epilogue() {}

  /// y = f(y + b), in floats
  ///
  /// @param b 0 when there is none
  public static void forward(Activation f, long b, Matrix y) {
    boolean relu = f == Activation.RELU;
    for (int r = 0; r < y.rows(); r++) {
      long row = y.row(r);
      if (b != 0) {
        Loops.addBias(relu, b, row, y.columns());
      }
      if (f != Activation.IDENTITY && !(relu && b != 0)) {
        Loops.activate(f, row, row, y.columns());
      }
    }
  }

  /// In some rows dy = dy·f', and db += their column sums.
  ///
  /// @param known as in [Loops#scaleBySlope]
  /// @param room for two rows
  /// @param db 0 when it is not wanted
  static void backward(
      Activation f, Matrix known, Matrix dy, int first, int count, long room, long db) {
    if (f == Activation.IDENTITY) {
      if (db != 0) {
        dy.addRowsTo(db, first, count);
      }
      return;
    }
    Stored stored = dy.stored();
    int columns = dy.columns();
    for (int r = first; r < first + count; r++) {
      long row = stored.fetch(dy.row(r), room, columns);
      long slopes = stored.fetch(known.row(r), Native.at(room, columns), columns);
      Loops.scaleBySlope(f, slopes, row, columns);
      stored.store(row, dy.row(r), columns);
      if (db != 0) {
        Loops.add(db, row, db, columns);
      }
    }
  }
}
