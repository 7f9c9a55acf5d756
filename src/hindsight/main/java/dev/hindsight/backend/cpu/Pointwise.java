package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamStep;

/// Ops on flat tensors, cut into shares of one size so that sums do not depend on the threads.
final class Pointwise {
  /// Floats of a share; a multiple of every vector's length.
  private static final long SHARE = 1 << 15;

  private final Loops loops;
  private final Workers workers;
  private final MissingWeights missing;
  private double[] partial = new double[64];

  Pointwise(Engine engine) {
    this.loops = engine.loops();
    this.workers = engine.workers();
    this.missing = engine.missing();
  }

  @FunctionalInterface
  private interface Range {
    /// @param offset in bytes
    void run(int share, long offset, long count);
  }

  /// What fits into one share takes no description of one: a sampler's ops allocate nothing.
  private static boolean isOne(long count) {
    return count <= SHARE;
  }

  private void overShares(long count, Range range) {
    workers.run(
        shares(count),
        (share, worker) ->
            range.run(share, Raw.at(0, share * SHARE), Math.min(SHARE, count - share * SHARE)));
  }

  private static int shares(long count) {
    return Math.toIntExact((count + SHARE - 1) / SHARE);
  }

  void activate(Activation f, long x, long y, long count) {
    if (isOne(count)) {
      loops.activate(f, x, y, count);
      return;
    }
    overShares(count, (share, o, size) -> loops.activate(f, x + o, y + o, size));
  }

  /// @param add false when dx is zero, whatever is there
  void activateBackward(Activation f, long x, long y, long dy, boolean add, long dx, long count) {
    overShares(
        count,
        (share, o, size) -> {
          if (!add) {
            loops.fill(0, dx + o, size);
          }
          loops.activateBackward(f, x + o, y + o, dy + o, dx + o, size);
        });
  }

  void add(long a, long b, long y, long count) {
    if (isOne(count)) {
      loops.add(a, b, y, count);
      return;
    }
    overShares(count, (share, o, size) -> loops.add(a + o, b + o, y + o, size));
  }

  void fill(float value, long x, long count) {
    if (isOne(count)) {
      loops.fill(value, x, count);
      return;
    }
    overShares(count, (share, o, size) -> loops.fill(value, x + o, size));
  }

  void copy(long from, long to, long count) {
    if (isOne(count)) {
      Raw.copy(from, to, count);
      return;
    }
    overShares(count, (share, o, size) -> Raw.copy(from + o, to + o, size));
  }

  /// Every `step`-th float to every `stepTo`-th; so few that one thread is best.
  void copyColumn(int count, long from, int step, long to, int stepTo) {
    for (int n = 0; n < count; n++) {
      Raw.put(Raw.at(to, (long) n * stepTo), Raw.get(Raw.at(from, (long) n * step)));
    }
  }

  /// @param dlogits 0 when it is not wanted
  void sigmoidCrossEntropy(
      int n, int d, long logits, long target, float scale, long nll, long dlogits) {
    int rows = (int) Math.max(1, SHARE / 4 / Math.max(1, d));
    workers.run(
        Dense.tiles(n, rows),
        (share, worker) -> {
          int end = Math.min(n, (share + 1) * rows);
          for (int row = share * rows; row < end; row++) {
            long o = Dense.at(0, row, d, 0);
            Raw.put(Raw.at(nll, row), loops.sigmoidCrossEntropy(logits + o, target + o, d));
            if (dlogits != 0) {
              loops.sigmoidCrossEntropyBackward(logits + o, target + o, dlogits + o, scale, d);
            }
          }
        });
  }

  /// @param dlogits 0 when it is not wanted
  void softmaxCrossEntropy(
      int n, int classes, long logits, long target, float scale, long nll, long dlogits) {
    int rows = (int) Math.max(1, SHARE / 4 / Math.max(1, classes));
    workers.run(
        Dense.tiles(n, rows),
        (share, worker) -> {
          int end = Math.min(n, (share + 1) * rows);
          for (int row = share * rows; row < end; row++) {
            long o = Dense.at(0, row, classes, 0);
            float value =
                softmaxCrossEntropy(
                    classes,
                    logits + o,
                    Raw.get(Raw.at(target, row)),
                    scale,
                    dlogits == 0 ? 0 : dlogits + o);
            Raw.put(Raw.at(nll, row), value);
          }
        });
  }

  private static float softmaxCrossEntropy(
      int classes, long l, float target, float scale, long dl) {
    float top = Float.NEGATIVE_INFINITY;
    for (int v = 0; v < classes; v++) {
      top = Math.max(top, Raw.get(Raw.at(l, v)));
    }
    double sum = 0;
    for (int v = 0; v < classes; v++) {
      sum += Math.exp(Raw.get(Raw.at(l, v)) - top);
    }
    boolean known = target >= 0 && target < classes && target == (int) target;
    for (int v = 0; v < classes && dl != 0; v++) {
      double p = Math.exp(Raw.get(Raw.at(l, v)) - top) / sum;
      double error = known ? scale * (p - (v == (int) target ? 1 : 0)) : Double.NaN;
      Raw.put(Raw.at(dl, v), Raw.get(Raw.at(dl, v)) + (float) error);
    }
    return known ? (float) (Math.log(sum) + top - Raw.get(Raw.at(l, (int) target))) : Float.NaN;
  }

  double norm(long x, long count) {
    int shares = shares(count);
    if (partial.length < shares) {
      partial = new double[shares];
    }
    double[] sums = partial;
    overShares(count, (share, o, size) -> sums[share] = loops.sumOfSquares(x + o, size));
    double sum = 0;
    for (int share = 0; share < shares; share++) {
      sum += sums[share];
    }
    return Math.sqrt(sum);
  }

  void adam(long w, long dw, long m, long v, long count, float clip, AdamStep step) {
    missing.look(w, dw, m, v, count);
    workers.run(
        shares(count),
        (share, worker) ->
            missing.forExisting(
                dw,
                share * SHARE,
                Math.min(count, (share + 1) * SHARE),
                (from, size) -> {
                  long o = Raw.at(0, from);
                  loops.adam(w + o, dw + o, m + o, v + o, size, clip, step);
                }));
  }
}
