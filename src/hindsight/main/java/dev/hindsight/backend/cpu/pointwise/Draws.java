package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Draw;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.random.Philox;
import dev.hindsight.tensor.Tensor;

/// Draws the values of images, some rows a share, by the uniforms of [Draw].
final class Draws {
  /// Of a share, each as much work as a pixel of two values.
  private static final int DRAWS = 4096;

  private final Engine engine;
  private final int[][] words;
  private final float[] pieces = new float[Draw.SIZE];
  private Draw drawn = Draw.of(pieces);

  Draws(Engine engine) {
    this.engine = engine;
    this.words = new int[engine.workers().count()][4];
  }

  @FunctionalInterface
  interface Row {
    void draw(int row, int worker);
  }

  /// @param work of a row, in draws
  void overRows(Tensor draw, int rows, long work, Row row) {
    turnTo(draw.address());
    int most = Math.clamp(DRAWS / Math.max(1, work), 1, rows);
    engine.runBlocks(
        rows,
        most,
        (first, count, worker) -> {
          for (int k = first; k < first + count; k++) {
            row.draw(k, worker);
          }
        });
  }

  /// Whose turn it is stays the same for all pixels of an image, so its key is made once.
  private void turnTo(long draw) {
    boolean same = true;
    for (int k = 0; k < Draw.SIZE; k++) {
      float piece = Native.get(draw, k);
      same &= pieces[k] == piece;
      pieces[k] = piece;
    }
    if (!same) {
      drawn = Draw.of(pieces);
    }
  }

  /// That of element `index` of a batch of images, each of `size` elements.
  float uniform(long index, int size, int worker) {
    return Philox.uniform(drawn.key(), drawn.first() * size + index, words[worker]);
  }
}
