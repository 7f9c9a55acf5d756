package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Bernoulli;
import dev.hindsight.backend.Draw;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Tensor;

/// Pixels drawn from their logits, some rows a share.
final class CpuBernoulli implements Bernoulli {
  private static final int DRAWS = 4096; // in one share

  private final Workers workers;
  private final int[][] words;
  private final float[] pieces = new float[Draw.SIZE];
  private Draw drawn = Draw.of(pieces);

  CpuBernoulli(Engine engine) {
    this.workers = engine.workers();
    this.words = new int[workers.count()][4];
  }

  @Override
  public void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    int rows = logits.rows();
    int channels = logits.channels();
    draw(draw.address(), logits.address(), temperature, rows, channels, from, to, pixels.address());
  }

  private void draw(
      long draw, long logits, float temperature, int n, int d, int from, int to, long pixels) {
    RandomKey key = key(draw);
    long first = drawn.first() * d;
    int rows = Math.max(1, DRAWS / (to - from));
    if (n <= rows) {
      draw(key, first, 0, n, 0, logits, temperature, d, from, to, pixels);
      return;
    }
    workers.run(
        Math.ceilDiv(n, rows),
        (share, worker) -> {
          int end = Math.min(n, (share + 1) * rows);
          int begin = share * rows;
          draw(key, first, begin, end, worker, logits, temperature, d, from, to, pixels);
        });
  }

  /// Of the draw, which stays the same for all pixels of an image: so it is made once.
  private RandomKey key(long draw) {
    boolean same = true;
    for (int k = 0; k < Draw.SIZE; k++) {
      float piece = Raw.get(Raw.at(draw, k));
      same &= pieces[k] == piece;
      pieces[k] = piece;
    }
    if (!same) {
      drawn = Draw.of(pieces);
    }
    return drawn.key();
  }

  private void draw(
      RandomKey key,
      long first,
      int begin,
      int end,
      int worker,
      long logits,
      float temperature,
      int d,
      int from,
      int to,
      long pixels) {
    int[] block = words[worker];
    for (int row = begin; row < end; row++) {
      for (int column = from; column < to; column++) {
        long index = (long) row * d + column;
        double logit = (double) Raw.get(Raw.at(logits, index)) / temperature;
        double p = 1 / (1 + Math.exp(-logit));
        float u = Philox.uniform(key, first + index, block);
        Raw.put(Raw.at(pixels, index), u < p ? 1 : 0);
      }
    }
  }
}
