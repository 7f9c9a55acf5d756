package dev.hindsight.backend.cpu.lstm;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.LstmLoops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.machine.Scratch;
import dev.hindsight.backend.cpu.product.Matrix;

/// Some rows of a step of LSTM units, `row .. row + rows - 1`, and a thread's own memory, to which
/// they are gathered: a tile for each gate, so that few units still make long loops.
///
/// @param own the thread's tiles, floats (rows, hidden) each, one after the other
record LstmShare(int row, int rows, int hidden, long own) {
  /// After those of i, f, g and o, the tile of h or its gradient.
  static final int H = 4;

  /// Of a state, or what follows from it.
  static final int STATE = 5;

  /// Of the states of the step before.
  static final int BEFORE = 6;

  private static final int TILES = 7;

  /// Floats of a tile.
  private static final int SIZE = 1 << 12;

  /// Where the numbers of a row lie in a tensor, counted in rows of it.
  @FunctionalInterface
  interface Places {
    /// Side by side.
    Places DENSE = row -> row;

    /// No place at all.
    int NONE = -1;

    /// That of a row of the step, [#NONE] where it has none.
    int of(int row);
  }

  @FunctionalInterface
  interface Work {
    void run(LstmShare share);
  }

  /// Does the work of a step, in shares whose sizes follow from its own alone.
  static void all(Engine engine, int rows, int hidden, Work work) {
    WarmUp.LSTM.before();
    int most = Math.max(1, SIZE / hidden);
    Scratch scratch = engine.scratch();
    scratch.reserve((long) TILES * Math.min(most, rows) * hidden);
    engine.runBlocks(
        rows,
        most,
        (row, some, worker) -> work.run(new LstmShare(row, some, hidden, scratch.of(worker))));
  }

  long size() {
    return (long) rows * hidden;
  }

  long tile(int k) {
    return row(k, 0);
  }

  private long row(int tile, int r) {
    return Native.at(own, tile * rows + r, hidden, 0);
  }

  // ---- gates (N,4H), of which the first four tiles are made

  void readGates(Matrix gates, Places places) {
    if (places.equals(Places.DENSE)) {
      for (int k = 0; k < 4; k++) {
        long at = gates.at(row, k * hidden);
        gates.stored().widenRows(at, gates.pitch(), tile(k), hidden, rows, hidden);
      }
      return;
    }
    for (int r = 0; r < rows; r++) {
      int place = places.of(row + r);
      for (int k = 0; k < 4; k++) {
        gates.stored().widen(gates.at(place, k * hidden), row(k, r), hidden);
      }
    }
  }

  /// What somebody else says to them.
  void addGates(Matrix said, Places places) {
    if (places.equals(Places.DENSE)) {
      for (int k = 0; k < 4; k++) {
        long at = said.at(row, k * hidden);
        said.stored().addRowsTo(tile(k), hidden, at, said.pitch(), rows, hidden);
      }
      return;
    }
    for (int r = 0; r < rows; r++) {
      int place = places.of(row + r);
      for (int k = 0; k < 4 && place != Places.NONE; k++) {
        said.stored().addTo(row(k, r), said.at(place, k * hidden), hidden);
      }
    }
  }

  void writeGates(Matrix gates, Places places) {
    if (places.equals(Places.DENSE)) {
      for (int k = 0; k < 4; k++) {
        long at = gates.at(row, k * hidden);
        gates.stored().roundRows(tile(k), hidden, at, gates.pitch(), rows, hidden);
      }
      return;
    }
    for (int r = 0; r < rows; r++) {
      int place = places.of(row + r);
      for (int k = 0; k < 4 && place != Places.NONE; k++) {
        gates.stored().round(row(k, r), gates.at(place, k * hidden), hidden);
      }
    }
  }

  // ---- a step, once gates are in their tiles

  /// Gates become i, f, g, o, and `state` follows from the one before. h is left in its tile.
  void forward(long before, long state) {
    long i = tile(0);
    long f = tile(1);
    long g = tile(2);
    long o = tile(3);
    long h = tile(H);
    Loops.activate(Activation.SIGMOID, i, i, size());
    Loops.activate(Activation.SIGMOID, f, f, size());
    Loops.activate(Activation.TANH, g, g, size());
    Loops.activate(Activation.SIGMOID, o, o, size());
    LstmLoops.state(i, f, g, before, state, size());
    Loops.activate(Activation.TANH, state, h, size());
    Loops.multiply(o, h, h, size());
  }

  /// i, f, g, o become their gradients before the activations. The gradient of h is in its tile.
  ///
  /// @param slopes those of the state; overwritten by those of the state before
  void backward(long before, long state, long slopes) {
    long tanh = tile(STATE);
    Loops.activate(Activation.TANH, state, tanh, size());
    LstmLoops.outputSlopes(tanh, tile(H), tile(3), slopes, size());
    LstmLoops.stateSlopes(tile(0), tile(1), tile(2), before, slopes, size());
  }

  // ---- rows (N,H) that lie scattered

  /// All its rows, side by side.
  void read(Matrix x, int tile) {
    x.stored().widen(x.row(row), tile(tile), size());
  }

  void write(int tile, Matrix x) {
    x.stored().round(tile(tile), x.row(row), size());
  }

  /// Zeros where there is nothing.
  void read(Matrix x, Places places, int tile) {
    for (int r = 0; r < rows; r++) {
      int place = places.of(row + r);
      if (place == Places.NONE) {
        Native.zero(row(tile, r), (long) x.columns() * Float.BYTES);
      } else {
        x.stored().widen(x.row(place), row(tile, r), x.columns());
      }
    }
  }

  void write(int tile, Matrix x, Places places) {
    for (int r = 0; r < rows; r++) {
      x.stored().round(row(tile, r), x.row(places.of(row + r)), x.columns());
    }
  }
}
