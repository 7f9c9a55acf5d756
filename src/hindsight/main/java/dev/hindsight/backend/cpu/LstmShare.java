package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;

/// Some rows of a step of LSTM units, `row .. row + rows - 1`, and a thread's own memory, to which
/// they are gathered: a tile for each gate, so that few units still make long loops.
///
/// @param own the thread's, for [#TILES] tiles
record LstmShare(Stored stored, int row, int rows, int hidden, long own) {
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
    long NONE = -1;

    /// That of a row of the step, [#NONE] where it has none.
    long of(int row);
  }

  @FunctionalInterface
  interface Work {
    void run(LstmShare share);
  }

  /// Does the work of a step, in shares whose sizes follow from its own alone.
  static void all(Engine engine, Stored stored, int rows, int hidden, Work work) {
    WarmUp.LSTM.before(engine.loops());
    int most = Math.max(1, SIZE / hidden);
    Scratch scratch = engine.scratch();
    scratch.reserve((long) TILES * Math.min(most, rows) * hidden);
    if (rows <= most) {
      work.run(new LstmShare(stored, 0, rows, hidden, scratch.of(0)));
      return;
    }
    engine
        .workers()
        .run(
            Math.ceilDiv(rows, most),
            (share, worker) -> {
              int row = share * most;
              int some = Math.min(most, rows - row);
              work.run(new LstmShare(stored, row, some, hidden, scratch.of(worker)));
            });
  }

  long size() {
    return (long) rows * hidden;
  }

  long tile(int k) {
    return Raw.at(own, k * size());
  }

  private long tile(int k, int r) {
    return Raw.at(tile(k), r, hidden, 0);
  }

  /// Where the share begins in activations (N,H).
  long of(long x) {
    return stored.at(x, row, hidden, 0);
  }

  /// Where it begins in fp32 (N,H); 0 of what is not there.
  long single(long x) {
    return x == 0 ? 0 : Raw.at(x, row, hidden, 0);
  }

  // ---- gates (N,4H), of which the first four tiles are made

  void readGates(long gates, Places places) {
    for (int r = 0; r < rows; r++) {
      long from = stored.at(gates, places.of(row + r), 4 * hidden, 0);
      for (int k = 0; k < 4; k++) {
        stored.widen(stored.at(from, (long) k * hidden), tile(k, r), hidden);
      }
    }
  }

  /// What somebody else says to them.
  void addGates(long said, Places places) {
    for (int r = 0; r < rows; r++) {
      long place = places.of(row + r);
      if (place != Places.NONE) {
        long from = stored.at(said, place, 4 * hidden, 0);
        for (int k = 0; k < 4; k++) {
          stored.addTo(tile(k, r), stored.at(from, (long) k * hidden), hidden);
        }
      }
    }
  }

  void writeGates(long gates, Places places) {
    for (int r = 0; r < rows; r++) {
      long place = places.of(row + r);
      if (place != Places.NONE) {
        long to = stored.at(gates, place, 4 * hidden, 0);
        for (int k = 0; k < 4; k++) {
          stored.round(tile(k, r), stored.at(to, (long) k * hidden), hidden);
        }
      }
    }
  }

  // ---- a step, once gates are in their tiles

  /// Gates become i, f, g, o, and `state` follows from the one before. h is left in a tile.
  ///
  /// @return that tile
  long forward(Loops loops, LstmLoops steps, long before, long state) {
    loops.activate(Activation.SIGMOID, tile(0), tile(0), size());
    loops.activate(Activation.SIGMOID, tile(1), tile(1), size());
    loops.activate(Activation.TANH, tile(2), tile(2), size());
    loops.activate(Activation.SIGMOID, tile(3), tile(3), size());
    steps.state(tile(0), tile(1), tile(2), before, state, size());
    loops.activate(Activation.TANH, state, tile(H), size());
    loops.multiply(tile(3), tile(H), tile(H), size());
    return tile(H);
  }

  /// i, f, g, o become their gradients before the activations. The gradient of h is in its tile.
  ///
  /// @param slopes those of the state; overwritten by those of the state before
  void backward(Loops loops, LstmLoops steps, long before, long state, long slopes) {
    long tanh = tile(STATE);
    loops.activate(Activation.TANH, state, tanh, size());
    steps.outputSlopes(tanh, tile(H), tile(3), slopes, size());
    steps.stateSlopes(tile(0), tile(1), tile(2), before, slopes, size());
  }

  // ---- activations and fp32 (N,H) that lie scattered

  void read(long x, Places places, int tile) {
    for (int r = 0; r < rows; r++) {
      stored.widen(stored.at(x, places.of(row + r), hidden, 0), tile(tile, r), hidden);
    }
  }

  void write(int tile, long x, Places places) {
    for (int r = 0; r < rows; r++) {
      stored.round(tile(tile, r), stored.at(x, places.of(row + r), hidden, 0), hidden);
    }
  }

  /// Zeros where there is nothing.
  void readSingle(long x, Places places, int tile) {
    for (int r = 0; r < rows; r++) {
      long place = places.of(row + r);
      if (place == Places.NONE) {
        Raw.zero(tile(tile, r), (long) hidden * Float.BYTES);
      } else {
        Raw.copy(Raw.at(x, place, hidden, 0), tile(tile, r), hidden);
      }
    }
  }

  void writeSingle(int tile, long x, Places places) {
    for (int r = 0; r < rows; r++) {
      Raw.copy(tile(tile, r), Raw.at(x, places.of(row + r), hidden, 0), hidden);
    }
  }
}
