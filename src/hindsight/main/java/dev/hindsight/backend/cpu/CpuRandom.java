package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Draw;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;

/// Random numbers, by blocks of Philox over all threads.
final class CpuRandom {
  private static final int BLOCKS = 4096; // of four numbers, in one share
  private static final int DRAWS = 4096;

  private final Workers workers;
  private final int[][] words;
  private final float[] pieces = new float[Draw.SIZE];
  private Draw drawn = Draw.of(pieces);

  CpuRandom(Engine engine) {
    this.workers = engine.workers();
    this.words = new int[workers.count()][4];
  }

  void uniform(RandomKey key, long out, long count) {
    blocks(
        key,
        count,
        (block, index, lanes) -> {
          for (int lane = 0; lane < lanes; lane++) {
            Raw.put(Raw.at(out, index + lane), Philox.toUniform(block[lane]));
          }
        });
  }

  /// As [Philox#normals]: Box-Muller on words (0, 1) and (2, 3).
  void normal(RandomKey key, float std, long out, long count) {
    blocks(
        key,
        count,
        (block, index, lanes) -> {
          for (int lane = 0; lane < lanes; lane++) {
            int pair = lane & 2;
            double radius = Math.sqrt(-2 * Math.log(((block[pair] >>> 8) + 1) * 0x1p-24));
            double angle = 2 * Math.PI * Philox.toUniform(block[pair + 1]);
            double value = radius * ((lane & 1) == 0 ? Math.cos(angle) : Math.sin(angle));
            Raw.put(Raw.at(out, index + lane), (float) (value * std));
          }
        });
  }

  /// y = x / (1 - rate) where the uniform is at least `rate`, else 0; or y += that.
  void dropout(RandomKey key, long offset, float rate, boolean add, long x, long y, long count) {
    float scale = 1 / (1 - rate);
    blocks(
        key,
        offset / 4,
        count,
        (block, index, lanes) -> {
          for (int lane = 0; lane < lanes; lane++) {
            long at = Raw.at(y, index + lane);
            boolean keep = Philox.toUniform(block[lane]) >= rate;
            float value = keep ? scale * Raw.get(Raw.at(x, index + lane)) : 0;
            Raw.put(at, add ? Raw.get(at) + value : value);
          }
        });
  }

  @FunctionalInterface
  private interface Lanes {
    void put(int[] block, long index, int lanes);
  }

  private void blocks(RandomKey key, long count, Lanes lanes) {
    blocks(key, 0, count, lanes);
  }

  /// @param first the block of the first number
  private void blocks(RandomKey key, long first, long count, Lanes lanes) {
    long blocks = (count + 3) / 4;
    workers.run(
        Math.toIntExact((blocks + BLOCKS - 1) / BLOCKS),
        (share, worker) -> {
          int[] block = words[worker];
          long end = Math.min(blocks, (share + 1L) * BLOCKS);
          for (long k = (long) share * BLOCKS; k < end; k++) {
            Philox.block(key, first + k, block);
            lanes.put(block, 4 * k, (int) Math.min(4, count - 4 * k));
          }
        });
  }

  void bernoulli(
      long draw, long logits, float temperature, int n, int d, int from, int to, long pixels) {
    RandomKey key = key(draw);
    long first = drawn.first() * d;
    int rows = Math.max(1, DRAWS / (to - from));
    if (n <= rows) {
      bernoulli(key, first, 0, n, 0, logits, temperature, d, from, to, pixels);
      return;
    }
    workers.run(
        Dense.tiles(n, rows),
        (share, worker) -> {
          int end = Math.min(n, (share + 1) * rows);
          int begin = share * rows;
          bernoulli(key, first, begin, end, worker, logits, temperature, d, from, to, pixels);
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

  private void bernoulli(
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
