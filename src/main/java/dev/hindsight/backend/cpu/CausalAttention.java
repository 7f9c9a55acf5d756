package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.Tensor;

/// Fused attention: a thread takes a head and goes down its rows, a block at a time, over the tiles
/// of keys that the block sees. Scores of one block are all that exists of the (T,T) matrix; they
/// stay in the second-level cache. Places above the diagonal occur in the last tile of a block
/// only; they are set to zero after the product, whatever was computed there.
///
/// Tiles are 112 x 112, contiguous, and keys and values are transposed once for each head: of all
/// shapes tried that is where OpenBLAS is fastest.
final class CausalAttention {
  /// Rows and columns of a tile: 784 = 7·112.
  private static final int TILE = 112;

  private static final long AREA = (long) TILE * TILE;

  private final Engine engine;
  private final Gemm gemm;
  private final Loops loops;
  private final AttentionLoops rows;
  private final LayerNormLoops sums;

  CausalAttention(Engine engine) {
    this.engine = engine;
    this.gemm = engine.gemm();
    this.loops = engine.loops();
    this.rows = loops.attention();
    this.sums = loops.layerNorm();
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

  private static int tiles(int length) {
    return (length + TILE - 1) / TILE;
  }

  private static int padded(int columns) {
    return (columns + 15) / 16 * 16;
  }

  void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    int length = qkv.dim(1);
    int channels = y.channels();
    long panel = tiles(length) * AREA;
    long matrix = (long) length * (channels / heads);
    engine.scratch().reserve(panel + 2 * matrix);
    long in = qkv.address();
    long out = engine.out(y);
    long logSums = engine.out(lse);
    engine
        .workers()
        .run(
            qkv.dim(0) * heads,
            (share, worker) -> {
              Head head = Head.of(in, length, channels, heads, share);
              long scores = engine.scratch().of(worker);
              long keys = Raw.at(scores, panel);
              transpose(head.k, keys);
              boolean finite = allFinite(head.v);
              Matrix v = finite ? head.v : finitePart(head.v, Raw.at(keys, matrix));
              Matrix to = result(out, length, channels, heads, share);
              for (int row = 0; row < length; row += TILE) {
                forwardBlock(
                    head, keys, v, row, scores, to, Raw.at(logSums, (long) share * length));
                if (!finite) {
                  addPoison(head.v, row, scores, to);
                }
              }
            });
  }

  private void forwardBlock(
      Head head, long keys, Matrix v, int row, long scores, Matrix y, long logSums) {
    int length = v.length;
    int width = v.width;
    int count = Math.min(TILE, length - row);
    for (int column = 0; column <= row; column += TILE) {
      long tile = Dense.at(scores, column, TILE, 0);
      int columns = Math.min(TILE, length - column);
      multiply(head.q, row, count, keys, column, columns, tile);
    }
    for (int i = row; i < row + count; i++) {
      softmax(Dense.at(scores, i - row, TILE, 0), head.scale(), i, row, Raw.at(logSums, i));
    }
    for (int column = 0; column <= row; column += TILE) {
      long tile = Dense.at(scores, column, TILE, 0);
      int columns = Math.min(TILE, length - column);
      boolean add = column > 0;
      gemm.multiply(
          false,
          false,
          count,
          width,
          columns,
          tile,
          TILE,
          v.row(column),
          v.pitch,
          add,
          y.row(row),
          y.pitch);
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

  /// Row i, which has a piece in each tile, to its softmax; what is above the diagonal, in the tile
  /// that begins at `last`, to 0.
  private void softmax(long start, float scale, int i, int last, long logSum) {
    int live = i - last + 1;
    long edge = piece(start, last);
    loops.fill(Float.NEGATIVE_INFINITY, Raw.at(edge, live), padded(live) - live);
    float largest = rows.largest(edge, scale, padded(live));
    for (int column = 0; column < last; column += TILE) {
      largest = Math.max(largest, rows.largest(piece(start, column), scale, TILE));
    }
    if (largest == Float.NEGATIVE_INFINITY) { // nothing to divide by: the row is 0
      for (int column = 0; column <= last; column += TILE) {
        loops.fill(0, piece(start, column), TILE);
      }
      Raw.put(logSum, largest);
      return;
    }
    float sum = rows.exponentials(edge, scale, largest, edge, padded(live));
    for (int column = 0; column < last; column += TILE) {
      long piece = piece(start, column);
      sum += rows.exponentials(piece, scale, largest, piece, TILE);
    }
    for (int column = 0; column < last; column += TILE) {
      rows.multiply(1 / sum, piece(start, column), TILE);
    }
    rows.multiply(1 / sum, edge, padded(live));
    loops.fill(0, Raw.at(edge, live), TILE - live);
    Raw.put(logSum, (float) (largest + Math.log(sum)));
  }

  /// Where a row goes on in the tile that begins at `column`.
  private static long piece(long start, int column) {
    return Raw.at(start, (long) column * TILE);
  }

  /// to (D,T)
  private static void transpose(Matrix m, long to) {
    for (int t = 0; t < m.length; t++) {
      long row = m.row(t);
      for (int d = 0; d < m.width; d++) {
        Raw.put(Raw.at(to, (long) d * m.length + t), Raw.get(Raw.at(row, d)));
      }
    }
  }

  // ---- values that are not finite: a zero probability times NaN would be NaN

  /// False too where the sum of a row overflows, which costs time only.
  private boolean allFinite(Matrix m) {
    for (int t = 0; t < m.length; t++) {
      if (!Float.isFinite(sums.sum(m.row(t), m.width))) {
        return false;
      }
    }
    return true;
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
  private static void addPoison(Matrix v, int row, long scores, Matrix y) {
    int end = Math.min(row + TILE, v.length);
    for (int j = 0; j < end; j++) {
      for (int d = 0; d < v.width; d++) {
        float value = Raw.get(Raw.at(v.row(j), d));
        for (int i = Math.max(j, row); i < end && !Float.isFinite(value); i++) {
          long tile = piece(scores, j / TILE * TILE);
          float p = Raw.get(Dense.at(tile, i - row, TILE, j % TILE));
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
    engine.scratch().reserve(2 * AREA + 2 * matrix);
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
              long keys = Raw.at(p, 2 * AREA);
              long values = Raw.at(keys, matrix);
              transpose(head.k, keys);
              transpose(head.v, values);
              for (int t = 0; t < length; t++) {
                float sum = loops.dot(r.y.row(t), r.dy.row(t), head.q.width);
                Raw.put(Raw.at(r.delta, t), sum);
              }
              // In a block of one row no place above the diagonal is ever multiplied.
              boolean finite =
                  allFinite(r.dy) && allFinite(head.q) && allFinite(head.k) && allFinite(head.v);
              int tallest = finite ? TILE : 1;
              for (int row = 0; row < length; row += tallest) {
                for (int column = 0; column <= row; column += TILE) {
                  int count = Math.min(tallest, length - row);
                  int columns = Math.min(TILE, row + count - column);
                  multiply(head.q, row, count, keys, column, columns, p);
                  multiply(r.dy, row, count, values, column, columns, Raw.at(p, AREA));
                  tile(head, down, r, row, count, column, columns, p);
                }
              }
            });
  }

  /// One tile of scores and of the gradients of probabilities, to the gradients of q, k and v.
  private void tile(
      Head head, Head down, Rows r, int row, int count, int column, int columns, long p) {
    long slopes = Raw.at(p, AREA);
    float scale = head.scale();
    for (int i = 0; i < count; i++) {
      int live = Math.min(columns, row + i - column + 1);
      long ps = Dense.at(p, i, TILE, 0);
      long ss = Dense.at(slopes, i, TILE, 0);
      float logSum = Raw.get(Raw.at(r.lse, row + i));
      if (logSum == Float.NEGATIVE_INFINITY) {
        loops.fill(0, ps, padded(live));
      } else {
        loops.fill(Float.NEGATIVE_INFINITY, Raw.at(ps, live), padded(live) - live);
        rows.exponentials(ps, scale, logSum, ps, padded(live));
      }
      rows.softmaxSlope(ps, ss, Raw.get(Raw.at(r.delta, row + i)), scale, padded(live));
      if (live < columns) {
        loops.fill(0, Raw.at(ps, live), columns - live);
        loops.fill(0, Raw.at(ss, live), columns - live);
      }
    }
    addTransposed(columns, count, p, r.dy, row, down.v, column);
    addTransposed(columns, count, slopes, head.q, row, down.k, column);
    gemm.multiply(
        false,
        false,
        count,
        head.k.width,
        columns,
        slopes,
        TILE,
        head.k.row(column),
        head.k.pitch,
        true,
        down.q.row(row),
        down.q.pitch);
  }

  /// Rows of `to` += the transposed tile times rows of b
  private void addTransposed(
      int columns, int count, long tile, Matrix b, int row, Matrix to, int column) {
    gemm.multiply(
        true,
        false,
        columns,
        b.width,
        count,
        tile,
        TILE,
        b.row(row),
        b.pitch,
        true,
        to.row(column),
        to.pitch);
  }
}
