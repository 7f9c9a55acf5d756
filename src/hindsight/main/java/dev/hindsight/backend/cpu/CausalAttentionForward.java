package dev.hindsight.backend.cpu;

import static dev.hindsight.backend.cpu.AttentionTiles.AREA;
import static dev.hindsight.backend.cpu.AttentionTiles.HALF;
import static dev.hindsight.backend.cpu.AttentionTiles.TILE;

import dev.hindsight.backend.cpu.AttentionTiles.Head;
import dev.hindsight.backend.cpu.AttentionTiles.Matrix;
import dev.hindsight.tensor.ElementType;
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
  private final AttentionTiles tiles;
  private final Loops loops;
  private final AttentionLoops columns;

  CausalAttentionForward(Engine engine) {
    this.engine = engine;
    this.tiles = new AttentionTiles(engine);
    this.loops = engine.loops();
    this.columns = loops.attention();
  }

  /// One head.
  ///
  /// @param v its values, finite
  /// @param queries its queries (D,T)
  /// @param finite whether its values were finite
  /// @param rounded room for a tile as factors of a product
  /// @param numbers what is known of each query of a block
  /// @param sums floats of y
  private record Work(
      Head head,
      Matrix v,
      long queries,
      boolean finite,
      long tile,
      long rounded,
      long numbers,
      Matrix y,
      Matrix sums) {}

  void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    int length = qkv.dim(1);
    int channels = y.channels();
    long matrix = (long) length * (channels / heads);
    Stored stored = engine.stored(qkv);
    Stored fp32 = engine.stored(ElementType.FP32);
    engine.scratch().reserve(AREA + 2 * matrix + NUMBERS + stored.room(matrix + AREA));
    long in = qkv.address();
    long out = y.address();
    long logSums = lse.address();
    engine
        .workers()
        .run(
            qkv.dim(0) * heads,
            (share, worker) -> {
              Head head = Head.of(stored, in, length, channels, heads, share);
              long tile = engine.scratch().of(worker);
              long queries = Raw.at(tile, AREA);
              long values = Raw.at(queries, matrix);
              boolean finite = tiles.allFinite(head.v());
              head.q().transpose(queries);
              long numbers = Raw.at(values, matrix);
              long sums = Raw.at(numbers, NUMBERS);
              Matrix result = Matrix.of(stored, out, length, channels, heads, share);
              Work work =
                  new Work(
                      head,
                      finite ? head.v() : finitePart(head.v(), values),
                      queries,
                      finite,
                      tile,
                      Raw.at(sums, matrix),
                      numbers,
                      result,
                      result.floats(fp32, sums));
              for (int row = 0; row < length; row += TILE) {
                block(work, row, Math.min(TILE, length - row), Raw.at(logSums, share, length, row));
              }
            });
  }

  private void block(Work w, int row, int count, long logSums) {
    loops.fill(-Float.MAX_VALUE, Raw.at(w.numbers, LARGEST), count);
    loops.fill(0, Raw.at(w.numbers, SUM), count);
    for (int key = 0; key < row; key += TILE) {
      tile(w, key, TILE, row, count, w.numbers);
    }
    int half = Math.min(HALF, count);
    tile(w, row, half, row, count, w.numbers);
    if (half < count) {
      tile(w, row + half, count - half, row + half, count - half, Raw.at(w.numbers, half));
    }
    for (int query = 0; query < count; query++) {
      long sum = w.sums.row(row + query);
      normalize(sum, w.y.width(), Raw.at(w.numbers, query), Raw.at(logSums, query));
    }
    w.y.store(w.sums, row, count);
  }

  /// Adds what some keys tell some queries.
  private void tile(Work w, int key, int keys, int row, int count, long numbers) {
    AttentionTiles.product(w.head.k(), key, keys, w.queries, row, count, w.tile);
    exponentials(key == row, w.tile, keys, count, w.head.scale(), numbers);
    for (int query = 0; query < count; query++) {
      addUp(w.sums.row(row + query), w.y.width(), key > 0, Raw.at(numbers, query));
    }
    long p = AttentionTiles.factors(w.v.stored(), w.tile, keys, w.rounded);
    AttentionTiles.toQueries(key > 0, p, w.v, key, keys, w.sums, row, count);
    if (!w.finite) {
      addPoison(w.tile, w.head.v(), key, keys, w.sums, row, count);
    }
  }

  /// Scores to their exponentials, above the diagonal 0.
  private void exponentials(
      boolean diagonal, long tile, int keys, int count, float scale, long numbers) {
    long factors = Raw.at(numbers, FACTOR);
    if (diagonal) {
      tiles.hide(Float.NEGATIVE_INFINITY, tile, keys);
    }
    columns.exponentialColumns(
        tile, keys, count, TILE, scale, Raw.at(numbers, LARGEST), factors, Raw.at(numbers, ADDED));
    columns.exponentials(factors, 1, 0, factors, count);
    if (diagonal) {
      tiles.hide(0, tile, keys);
    }
  }

  /// @param begun whether there is something in y
  /// @param numbers of the query
  private void addUp(long y, int width, boolean begun, long numbers) {
    float factor = Raw.get(Raw.at(numbers, FACTOR));
    long sum = Raw.at(numbers, SUM);
    Raw.put(sum, factor * Raw.get(sum) + Raw.get(Raw.at(numbers, ADDED)));
    if (begun && factor != 1) {
      columns.multiply(factor, y, width);
    }
  }

  /// From a sum of exponentials to an average.
  private void normalize(long y, int width, long numbers, long logSum) {
    float largest = Raw.get(Raw.at(numbers, LARGEST));
    float sum = Raw.get(Raw.at(numbers, SUM));
    // All are -∞: there is nothing to divide by, and the row is 0.
    if (largest == -Float.MAX_VALUE && !Float.isNaN(sum)) {
      loops.fill(0, y, width);
      Raw.put(logSum, Float.NEGATIVE_INFINITY);
    } else {
      columns.multiply(1 / sum, y, width);
      Raw.put(logSum, (float) (largest + Math.log(sum)));
    }
  }

  // ---- values that are not finite: a zero probability times NaN would be NaN

  private static Matrix finitePart(Matrix m, long to) {
    Stored stored = m.stored();
    for (int t = 0; t < m.length(); t++) {
      for (int d = 0; d < m.width(); d++) {
        float value = stored.get(stored.at(m.row(t), d));
        stored.put(stored.at(to, t, m.width(), d), Float.isFinite(value) ? value : 0);
      }
    }
    return new Matrix(stored, to, m.length(), m.width(), m.width());
  }

  /// Adds what was left out to the queries that see it.
  private static void addPoison(
      long tile, Matrix v, int key, int keys, Matrix y, int row, int count) {
    for (int k = key; k < key + keys; k++) {
      for (int d = 0; d < v.width(); d++) {
        float value = v.stored().get(v.stored().at(v.row(k), d));
        for (int i = Math.max(k, row); i < row + count && !Float.isFinite(value); i++) {
          float p = Raw.get(Raw.at(AttentionTiles.place(tile, k - key), i - row));
          long at = Raw.at(y.row(i), d);
          Raw.put(at, Raw.get(at) + p * value);
        }
      }
    }
  }
}
