package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Dropout;
import dev.hindsight.backend.cpu.core.Copies;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Dropout, by blocks of Philox over all threads.
public final class CpuDropout implements Dropout {
  private static final int BLOCKS = 4096; // of four numbers, in one share

  private final Engine engine;
  private final int[][] words;

  public CpuDropout(Engine engine) {
    this.engine = engine;
    this.words = new int[engine.workers().count()][4];
  }

  @Override
  public void forward(Tensor draw, long offset, float rate, Tensor x, Tensor y) {
    dropout(draw, offset, rate, false, engine.matrix(x), engine.matrix(y));
  }

  @Override
  public void backward(Tensor draw, long offset, float rate, Tensor dy, Gradient dx) {
    dropout(draw, offset, rate, true, engine.matrix(dy), engine.begun(dx));
  }

  /// y = x / (1 - rate) where the uniform is at least `rate`, else 0; or y += that.
  private void dropout(Tensor draw, long offset, float rate, boolean add, Matrix x, Matrix y) {
    Stored stored = y.stored();
    float scale = 1 / (1 - rate);
    blocks(
        Draw.of(Copies.ints(draw)).key(),
        offset / 4,
        (long) y.rows() * y.columns(),
        (block, index, lanes) -> {
          for (int lane = 0; lane < lanes; lane++) {
            long at = stored.at(y.address(), index + lane);
            boolean keep = Philox.toUniform(block[lane]) >= rate;
            float value = keep ? scale * stored.get(stored.at(x.address(), index + lane)) : 0;
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
    engine.run(
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
