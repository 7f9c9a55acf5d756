package dev.hindsight.backend.cpu.attention;

import static dev.hindsight.backend.cpu.attention.AttentionTiles.AREA;
import static dev.hindsight.backend.cpu.attention.AttentionTiles.HALF;
import static dev.hindsight.backend.cpu.attention.AttentionTiles.TILE;

import dev.hindsight.backend.cpu.attention.AttentionTiles.Head;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.AttentionLoops;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.tensor.Tensor;

/// Fused attention: a thread takes a head and goes down its queries, a block at a time, over the
/// tiles of keys that the block sees, with the largest score so far and the sum below it (Milakov &
/// Gimelshein 2018). One tile of scores is all that exists of the (T,T) matrix. Places above the
/// diagonal are set to zero after the product, whatever was computed there.
final class CausalAttentionForward {
  // of each query of a block, TILE floats of each
  private static final int LARGEST = 0; // score so far
  private static final int FACTOR = TILE; // by what a tile changes all before it
  private static final int ADDED = 2 * TILE; // exponentials of a tile
  private static final int SUM = 3 * TILE; // of exponentials
  private static final int NUMBERS = 4 * TILE;

  private final Engine engine;

  CausalAttentionForward(Engine engine) {
    this.engine = engine;
  }

  /// One head.
  ///
  /// @param v its values, finite
  /// @param rounded room for a tile as factors of a product
  /// @param numbers what is known of each query of a block
  /// @param sums floats of y
  private record Work(
      Head head, Matrix v, long tile, long rounded, long numbers, Matrix y, Matrix sums) {}

  void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    int length = qkv.dim(1);
    Matrix in = engine.matrix(qkv);
    Matrix out = engine.matrix(y);
    long matrix = (long) length * (out.columns() / heads);
    engine.scratch().reserve(AREA + matrix + NUMBERS + in.stored().room(matrix + AREA));
    long logSums = lse.address();
    engine.run(
        qkv.dim(0) * heads,
        (share, worker) -> {
          Head head = Head.of(in, length, heads, share);
          long tile = engine.own(worker);
          long values = Native.at(tile, AREA);
          long numbers = Native.at(values, matrix);
          long sums = Native.at(numbers, NUMBERS);
          Matrix result = AttentionTiles.head(out, length, heads, share);
          Work work =
              new Work(
                  head,
                  AttentionTiles.allFinite(head.v()) ? head.v() : head.v().finitePart(values),
                  tile,
                  Native.at(sums, matrix),
                  numbers,
                  result,
                  result.floats(sums));
          for (int row = 0; row < length; row += TILE) {
            block(work, row, Math.min(TILE, length - row), Native.at(logSums, share, length, row));
          }
        });
  }

  private void block(Work w, int row, int count, long logSums) {
    Loops.fill(-Float.MAX_VALUE, Native.at(w.numbers, LARGEST), count);
    Loops.fill(0, Native.at(w.numbers, SUM), count);
    for (int key = 0; key < row; key += TILE) {
      tile(w, key, TILE, row, count, w.numbers);
    }
    int half = Math.min(HALF, count);
    tile(w, row, half, row, count, w.numbers);
    if (half < count) {
      tile(w, row + half, count - half, row + half, count - half, Native.at(w.numbers, half));
    }
    for (int query = 0; query < count; query++) {
      long sum = w.sums.row(row + query);
      normalize(sum, w.y.columns(), Native.at(w.numbers, query), Native.at(logSums, query));
    }
    w.y.rows(row, count).store(w.sums.rows(row, count));
  }

  /// Adds what some keys tell some queries.
  private void tile(Work w, int key, int keys, int row, int count, long numbers) {
    Matrix tile = AttentionTiles.tile(w.y.stored(), w.tile, keys, count);
    tile.set(w.head.k().rows(key, keys), w.head.q().rows(row, count).transpose());
    exponentials(key == row, w, keys, count, numbers);
    for (int query = 0; query < count; query++) {
      addUp(w.sums.row(row + query), w.y.columns(), key > 0, Native.at(numbers, query));
    }
    Matrix p = AttentionTiles.factors(w.v.stored(), tile, w.rounded);
    w.sums.rows(row, count).product(key > 0, p.transpose(), w.v.rows(key, keys));
    if (w.v.address() != w.head.v().address()) {
      addPoison(tile, w.head.v(), key, w.sums, row);
    }
  }

  /// Scores to their exponentials, above the diagonal 0.
  private void exponentials(boolean diagonal, Work w, int keys, int count, long numbers) {
    long factors = Native.at(numbers, FACTOR);
    if (diagonal) {
      AttentionTiles.hide(Float.NEGATIVE_INFINITY, w.tile, keys);
    }
    AttentionLoops.exponentialColumns(
        w.tile,
        keys,
        count,
        TILE,
        w.head.scale(),
        Native.at(numbers, LARGEST),
        factors,
        Native.at(numbers, ADDED));
    AttentionLoops.exponentials(factors, 1, 0, factors, count);
    if (diagonal) {
      AttentionTiles.hide(0, w.tile, keys);
    }
  }

  /// @param begun whether there is something in y
  /// @param numbers of the query
  private void addUp(long y, int width, boolean begun, long numbers) {
    float factor = Native.get(numbers, FACTOR);
    long sum = Native.at(numbers, SUM);
    Native.put(sum, factor * Native.get(sum) + Native.get(numbers, ADDED));
    if (begun && factor != 1) {
      AttentionLoops.multiply(factor, y, width);
    }
  }

  /// From a sum of exponentials to an average.
  private void normalize(long y, int width, long numbers, long logSum) {
    float largest = Native.get(numbers, LARGEST);
    float sum = Native.get(numbers, SUM);
    // All are -∞: there is nothing to divide by, and the row is 0.
    if (largest == -Float.MAX_VALUE && !Float.isNaN(sum)) {
      Loops.fill(0, y, width);
      Native.put(logSum, Float.NEGATIVE_INFINITY);
    } else {
      AttentionLoops.multiply(1 / sum, y, width);
      Native.put(logSum, (float) (largest + Math.log(sum)));
    }
  }

  /// Adds values that are not finite to the queries that see them: a zero probability times NaN
  /// would be NaN, so products leave them out.
  ///
  /// @param key the tile's first; row its first query
  private static void addPoison(Matrix tile, Matrix v, int key, Matrix y, int row) {
    for (int k = 0; k < tile.rows(); k++) {
      for (int d = 0; d < v.columns(); d++) {
        float value = v.stored().get(v.at(key + k, d));
        int first = Math.max(key + k - row, 0);
        for (int i = first; i < tile.columns() && !Float.isFinite(value); i++) {
          long at = y.at(row + i, d);
          Native.put(at, Native.get(at) + Native.get(tile.at(k, i)) * value);
        }
      }
    }
  }
}
