package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;

/// Linear layers over many rows with a handful of inputs and many outputs: an LSTM's first. Next to
/// nothing is multiplied; what counts is that y, or dy, passes through memory once. So a row is
/// done whole, by scaled columns of the weights.
final class ShallowLinear {
  private static final int MOST_INPUTS = 8;
  private static final int FEWEST_ROWS = 1024;
  private static final int LEAST_OUTPUTS = 128;

  /// Of a share.
  private static final int ROWS = 64;

  private final Engine engine;
  private final Loops loops;
  private final GroupSums sums;

  ShallowLinear(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.sums = new GroupSums(engine);
  }

  /// Whether a layer of n rows, I inputs and O outputs is better done here.
  static boolean suits(int n, int i, int o) {
    return n >= FEWEST_ROWS && i <= MOST_INPUTS && o >= LEAST_OUTPUTS;
  }

  /// y = f(b + x·wᵀ)
  ///
  /// @param b 0 when there is none
  void forward(Stored stored, int n, int i, int o, long x, long w, long b, Activation f, long y) {
    engine.shared().reserve((long) i * o + stored.room((long) i * o));
    engine.scratch().reserve(stored.room(o));
    long turned = engine.shared().of(0);
    long weights = stored.fetch(w, Raw.at(turned, (long) i * o), (long) i * o);
    Raw.transpose(weights, o, i, i, turned);
    engine
        .workers()
        .run(
            Math.ceilDiv(n, ROWS),
            (block, worker) -> {
              int end = Math.min(n, (block + 1) * ROWS);
              for (int row = block * ROWS; row < end; row++) {
                long to = stored.at(y, row, o, 0);
                long out = stored.floats(to, engine.scratch().of(worker));
                if (b == 0) {
                  loops.fill(0, out, o);
                } else {
                  Raw.copy(b, out, o);
                }
                for (int k = 0; k < i; k++) {
                  float value = stored.get(stored.at(x, row, i, k));
                  loops.addScaled(value, Raw.at(turned, k, o, 0), out, o);
                }
                if (f != Activation.IDENTITY) {
                  loops.activate(f, out, out, o);
                }
                stored.store(out, to, o);
              }
            });
  }

  /// dw += dyᵀ·x and db += Σ dy
  ///
  /// @param dw 0 when it is not wanted; db likewise
  /// @param before what is done to rows of dy first
  void backward(
      Stored stored,
      int n,
      int i,
      int o,
      long x,
      long dy,
      long dw,
      long db,
      TallLinear.Slope before) {
    long weights = dw == 0 ? 0 : (long) i * o;
    engine.scratch().reserve(stored.room(2L * o));
    sums.run(
        Math.ceilDiv(n, ROWS),
        weights + o,
        (block, worker, sum) -> {
          int end = Math.min(n, (block + 1) * ROWS);
          for (int row = block * ROWS; row < end; row++) {
            long room = engine.scratch().of(worker);
            before.run(row, 1, room, db == 0 ? 0 : Raw.at(sum, weights));
            long up = stored.fetch(stored.at(dy, row, o, 0), room, o);
            for (int k = 0; k < i && dw != 0; k++) {
              float value = stored.get(stored.at(x, row, i, k));
              loops.addScaled(value, up, Raw.at(sum, k, o, 0), o);
            }
          }
        });
    if (dw != 0) {
      sums.addTurnedTo(dw, i, o);
    }
    if (db != 0) {
      sums.addTo(db, weights, o);
    }
  }
}
