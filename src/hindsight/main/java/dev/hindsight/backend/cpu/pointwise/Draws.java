package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Draw;
import dev.hindsight.backend.cpu.core.Copies;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.random.Philox;
import dev.hindsight.tensor.Tensor;

/// Draws the values of images, some rows a share, by the uniforms of [Draw].
final class Draws {
  /// Of a share, each as much work as a pixel of two values.
  private static final int DRAWS = 4096;

  private final Engine engine;
  private final int[][] words;
  private Draw drawn = Draw.of(new int[Draw.SIZE]);

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
    drawn = Draw.of(Copies.ints(draw));
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

  /// That of element `index` of a batch of images, each of `size` elements.
  float uniform(long index, int size, int worker) {
    return Philox.uniform(drawn.key(), drawn.first() * size + index, words[worker]);
  }
}
