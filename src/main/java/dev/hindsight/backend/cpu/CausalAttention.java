package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.Tensor;

/// Fused attention: a thread takes a head and goes down its queries, a block at a time, over the
/// tiles of keys that the block sees. One tile of scores is all that exists of the (T,T) matrix.
/// Places above the diagonal occur in the last tile of a block only; they are set to zero after the
/// product, whatever was computed there.
///
/// Scores lie transposed, a row for each key and a column for each query, so that a vector holds
/// the same for 16 queries: largest, sum, logarithm and slope never cross its lanes.
///
/// Tiles are 112 x 112, contiguous, and queries are transposed once for each head: of all shapes
/// tried that is where OpenBLAS is fastest.
final class CausalAttention {
  /// Rows and columns of a tile: 784 = 7·112.
  private static final int TILE = 112;

  private static final long AREA = (long) TILE * TILE;

  private final Engine engine;
  private final Gemm gemm;
  private final Loops loops;
  private final AttentionLoops columns;

  CausalAttention(Engine engine) {
    this.engine = engine;
    this.gemm = engine.gemm();
    this.loops = engine.loops();
    this.columns = loops.attention();
  }

  /// T rows of D floats, `pitch` apart.
  private record Matrix(long data, int length, int width, int pitch) {
    long row(int t) {
      return Raw.at(data, (long) t * pitch);
    }
  }

  /// q, k and v of one head, or their gradients.
  private record Head(Matrix q, Matrix k, Matrix v) {
    static Head of(long qkv, int length, int channels, int heads, int share) {
      long image = Raw.at(qkv, (long) (share / heads) * length * 3 * channels);
      int width = channels / heads;
      long q = Raw.at(image, (long) (share % heads) * width);
      return new Head(
          new Matrix(q, length, width, 3 * channels),
          new Matrix(Raw.at(q, channels), length, width, 3 * channels),
          new Matrix(Raw.at(q, 2L * channels), length, width, 3 * channels));
    }

    float scale() {
      return (float) (1 / Math.sqrt(q.width));
    }
  }

  private static Matrix result(long y, int length, int channels, int heads, int share) {
    long image = Raw.at(y, (long) (share / heads) * length * channels);
    int width = channels / heads;
    return new Matrix(Raw.at(image, (long) (share % heads) * width), length, width, channels);
  }

  void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    int length = qkv.dim(1);
    int channels = y.channels();
    long matrix = (long) length * (channels / heads);
    engine.scratch().reserve(AREA + 2 * matrix + 4 * TILE);
    long in = qkv.address();
    long out = engine.out(y);
    long logSums = engine.out(lse);
    engine
        .workers()
        .run(
            qkv.dim(0) * heads,
            (share, worker) -> {
              Head head = Head.of(in, length, channels, heads, share);
              long tile = engine.scratch().of(worker);
              long queries = Raw.at(tile, AREA);
              Softmax sums = new Softmax(Raw.at(queries, 2 * matrix));
              transpose(head.q, queries);
              boolean finite = allFinite(head.v);
              Matrix v = finite ? head.v : finitePart(head.v, Raw.at(queries, matrix));
              Matrix to = result(out, length, channels, heads, share);
              for (int row = 0; row < length; row += TILE) {
                int count = Math.min(TILE, length - row);
                loops.fill(-Float.MAX_VALUE, sums.largest(), count);
                loops.fill(0, sums.sums(), count);
                for (int key = 0; key <= row; key += TILE) {
                  int keys = Math.min(TILE, row + count - key);
                  multiply(head.k, key, keys, queries, row, count, tile);
                  exponentials(key == row, tile, keys, count, head.scale(), sums);
                  addValues(tile, v, key, keys, sums, to, row, count);
                  if (!finite) {
                    addPoison(tile, head.v, key, keys, to, row, count);
                  }
                }
                normalize(sums, to, row, count, Raw.at(logSums, (long) share * length));
              }
            });
  }

  /// The softmax of each query of a block so far, [#TILE] floats of each kind.
  private record Softmax(long largest) {
    /// By what the tile changes all before it.
    long factors() {
      return Raw.at(largest, TILE);
    }

    /// Of the tile.
    long added() {
      return Raw.at(largest, 2L * TILE);
    }

    long sums() {
      return Raw.at(largest, 3L * TILE);
    }
  }

  /// Scores to their exponentials, above the diagonal 0.
  private void exponentials(
      boolean diagonal, long tile, int keys, int count, float scale, Softmax s) {
    if (diagonal) {
      hide(Float.NEGATIVE_INFINITY, tile, count);
    }
    columns.exponentialColumns(tile, keys, count, TILE, scale, s.largest(), s.factors(), s.added());
    columns.exponentials(s.factors(), 1, 0, s.factors(), count);
    if (diagonal) {
      hide(0, tile, count);
    }
  }

  /// y = factor·y + Σ e·v and the sums likewise
  private void addValues(
      long tile, Matrix v, int key, int keys, Softmax s, Matrix y, int row, int count) {
    for (int query = 0; query < count; query++) {
      float factor = Raw.get(Raw.at(s.factors(), query));
      long sum = Raw.at(s.sums(), query);
      Raw.put(sum, factor * Raw.get(sum) + Raw.get(Raw.at(s.added(), query)));
      if (factor != 1 && key > 0) {
        columns.multiply(factor, y.row(row + query), y.width);
      }
    }
    gemm.multiply(
        true,
        false,
        count,
        v.width,
        keys,
        tile,
        TILE,
        v.row(key),
        v.pitch,
        key > 0,
        y.row(row),
        y.pitch);
  }

  /// From sums of exponentials to averages.
  private void normalize(Softmax s, Matrix y, int row, int count, long logSums) {
    for (int query = 0; query < count; query++) {
      float largest = Raw.get(Raw.at(s.largest(), query));
      float sum = Raw.get(Raw.at(s.sums(), query));
      long logSum = Raw.at(logSums, row + query);
      if (largest == -Float.MAX_VALUE) { // all are -∞, there is nothing to divide by: the row is 0
        loops.fill(0, y.row(row + query), y.width);
        Raw.put(logSum, Float.NEGATIVE_INFINITY);
      } else {
        columns.multiply(1 / sum, y.row(row + query), y.width);
        Raw.put(logSum, (float) (largest + Math.log(sum)));
      }
    }
  }

  /// tile (count, columns) = rows of a times columns of a transposed matrix
  private void multiply(
      Matrix a, int row, int count, long transposed, int column, int columns, long tile) {
    gemm.multiply(
        false,
        false,
        count,
        columns,
        a.width,
        a.row(row),
        a.pitch,
        Raw.at(transposed, column),
        a.length,
        false,
        tile,
        TILE);
  }

  /// Sets what is above the diagonal in the tile on it: queries before a key.
  private void hide(float value, long tile, int count) {
    for (int key = 1; key < count; key++) {
      loops.fill(value, place(tile, key), key);
    }
  }

  /// Where the scores of a key are.
  private static long place(long scores, int key) {
    return Dense.at(scores, key, TILE, 0);
  }

  /// to (D,T), as many rows at a time as the cache holds
  private static void transpose(Matrix m, long to) {
    for (int row = 0; row < m.length; row += TILE) {
      int end = Math.min(row + TILE, m.length);
      for (int d = 0; d < m.width; d++) {
        for (int t = row; t < end; t++) {
          Raw.put(Dense.at(to, d, m.length, t), Raw.get(Raw.at(m.row(t), d)));
        }
      }
    }
  }

  // ---- values that are not finite: a zero probability times NaN would be NaN

  private boolean allFinite(Matrix m) {
    return columns.allFinite(m.data, m.length, m.width, m.pitch);
  }

  private static Matrix finitePart(Matrix m, long to) {
    for (int t = 0; t < m.length; t++) {
      for (int d = 0; d < m.width; d++) {
        float value = Raw.get(Raw.at(m.row(t), d));
        Raw.put(Dense.at(to, t, m.width, d), Float.isFinite(value) ? value : 0);
      }
    }
    return new Matrix(to, m.length, m.width, m.width);
  }

  /// Adds what was left out to the rows of a block that see it.
  private static void addPoison(
      long tile, Matrix v, int key, int keys, Matrix y, int row, int count) {
    for (int k = key; k < key + keys; k++) {
      for (int d = 0; d < v.width; d++) {
        float value = Raw.get(Raw.at(v.row(k), d));
        for (int i = Math.max(k, row); i < row + count && !Float.isFinite(value); i++) {
          float p = Raw.get(Raw.at(place(tile, k - key), i - row));
          long at = Raw.at(y.row(i), d);
          Raw.put(at, Raw.get(at) + p * value);
        }
      }
    }
  }

  // ---- backward

  /// What backward reads and writes of a head beside q, k and v.
  private record Rows(Matrix y, Matrix dy, long lse, long delta) {}

  void backward(Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Tensor dqkv) {
    int length = qkv.dim(1);
    int channels = y.channels();
    long matrix = (long) length * (channels / heads);
    engine.scratch().reserve(2 * AREA + 2 * matrix + 2 * TILE);
    long in = qkv.address();
    long gradients = engine.out(dqkv);
    long out = y.address();
    long up = dy.address();
    long logSums = lse.address();
    long deltas = engine.out(delta);
    engine
        .workers()
        .run(
            qkv.dim(0) * heads,
            (share, worker) -> {
              Head head = Head.of(in, length, channels, heads, share);
              Head down = Head.of(gradients, length, channels, heads, share);
              Rows r =
                  new Rows(
                      result(out, length, channels, heads, share),
                      result(up, length, channels, heads, share),
                      Raw.at(logSums, (long) share * length),
                      Raw.at(deltas, (long) share * length));
              long p = engine.scratch().of(worker);
              long queries = Raw.at(p, 2 * AREA);
              long ups = Raw.at(queries, matrix);
              long numbers = Raw.at(ups, matrix);
              transpose(head.q, queries);
              transpose(r.dy, ups);
              columns.dots(r.y.data, r.y.pitch, r.dy.data, r.dy.pitch, length, r.y.width, r.delta);
              // In a block of one row no place above the diagonal is ever multiplied.
              boolean finite =
                  allFinite(r.dy) && allFinite(head.q) && allFinite(head.k) && allFinite(head.v);
              int tallest = finite ? TILE : 1;
              for (int row = 0; row < length; row += tallest) {
                int count = Math.min(tallest, length - row);
                Raw.copy(Raw.at(r.lse, row), numbers, count);
                Raw.copy(Raw.at(r.delta, row), Raw.at(numbers, TILE), count);
                for (int key = 0; key < row + count; key += TILE) {
                  int keys = Math.min(TILE, row + count - key);
                  multiply(head.k, key, keys, queries, row, count, p);
                  multiply(head.v, key, keys, ups, row, count, Raw.at(p, AREA));
                  slopes(head, row, count, key, keys, p, numbers);
                  gradients(head, down, r.dy, row, count, key, keys, p);
                }
              }
            });
  }

  /// A tile of scores and one of gradients of probabilities, to probabilities and gradients of
  /// scores.
  ///
  /// @param numbers lse, then delta of each query
  private void slopes(Head head, int row, int count, int key, int keys, long p, long numbers) {
    long slopes = Raw.at(p, AREA);
    columns.slopeColumns(
        p, slopes, keys, count, TILE, head.scale(), numbers, Raw.at(numbers, TILE));
    if (key == row) {
      hide(0, p, count);
      hide(0, slopes, count);
    }
    for (int query = 0; query < count; query++) {
      if (Raw.get(Raw.at(numbers, query)) == Float.NEGATIVE_INFINITY) {
        for (int k = 0; k < keys; k++) {
          Raw.put(Raw.at(place(p, k), query), 0);
          Raw.put(Raw.at(place(slopes, k), query), 0);
        }
      }
    }
  }

  private void gradients(
      Head head, Head down, Matrix dy, int row, int count, int key, int keys, long p) {
    long slopes = Raw.at(p, AREA);
    addTo(down.v, key, keys, p, dy, row, count);
    addTo(down.k, key, keys, slopes, head.q, row, count);
    gemm.multiply(
        true,
        false,
        count,
        head.k.width,
        keys,
        slopes,
        TILE,
        head.k.row(key),
        head.k.pitch,
        true,
        down.q.row(row),
        down.q.pitch);
  }

  /// Rows of `to` += the tile times rows of b
  private void addTo(Matrix to, int key, int keys, long tile, Matrix b, int row, int count) {
    gemm.multiply(
        false,
        false,
        keys,
        b.width,
        count,
        tile,
        TILE,
        b.row(row),
        b.pitch,
        true,
        to.row(key),
        to.pitch);
  }
}
