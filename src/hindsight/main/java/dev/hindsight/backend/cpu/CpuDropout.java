package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Dropout;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Dropout, by blocks of Philox over all threads.
final class CpuDropout implements Dropout {
  private static final int BLOCKS = 4096; // of four numbers, in one share

  private final Engine engine;
  private final Workers workers;
  private final int[][] words;

  CpuDropout(Engine engine) {
    this.engine = engine;
    this.workers = engine.workers();
    this.words = new int[workers.count()][4];
  }

  @Override
  public void forward(Tensor draw, long offset, float rate, Tensor x, Tensor y) {
    dropout(engine.stored(x), key(draw), offset, rate, false, x.address(), y.address(), y.size());
  }

  @Override
  public void backward(Tensor draw, long offset, float rate, Tensor dy, Gradient dx) {
    dropout(
        engine.stored(dy),
        key(draw),
        offset,
        rate,
        true,
        dy.address(),
        engine.begun(dx),
        dy.size());
  }

  private static RandomKey key(Tensor draw) {
    return Draw.of(Transfer.floats(draw)).key();
  }

  /// y = x / (1 - rate) where the uniform is at least `rate`, else 0; or y += that.
  private void dropout(
      Stored stored,
      RandomKey key,
      long offset,
      float rate,
      boolean add,
      long x,
      long y,
      long count) {
    float scale = 1 / (1 - rate);
    blocks(
        key,
        offset / 4,
        count,
        (block, index, lanes) -> {
          for (int lane = 0; lane < lanes; lane++) {
            long at = stored.at(y, index + lane);
            boolean keep = Philox.toUniform(block[lane]) >= rate;
            float value = keep ? scale * stored.get(stored.at(x, index + lane)) : 0;
            stored.put(at, add ? stored.get(at) + value : value);
          }
        });
  }

  @FunctionalInterface
  private interface Lanes {
    void put(int[] block, long index, int lanes);
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
}
