package dev.hindsight.backend.cpu;

/// What attention forward and backward share: the matrices of a head and the tiles of its scores.
///
/// Scores lie transposed, a row for each key and a column for each query, so that a vector holds
/// the same for 16 queries: largest, sum, logarithm and slope never cross its lanes.
///
/// Tiles are 112 x 112, contiguous, and queries are transposed once for each head: of all shapes
/// tried none is faster. The tile on the diagonal is done in two pieces, the keys of its first
/// half, then those of its second by the queries that see them.
final class AttentionTiles {
  /// Rows and columns of a tile: 784 = 7·112.
  static final int TILE = 112;

  static final long AREA = (long) TILE * TILE;

  /// Keys of the first piece on the diagonal, whole vectors.
  static final int HALF = 64;

  private final Gemm gemm;
  private final Loops loops;
  private final AttentionLoops columns;

  AttentionTiles(Engine engine) {
    this.gemm = engine.gemm();
    this.loops = engine.loops();
    this.columns = loops.attention();
  }

  /// T rows of D floats, `pitch` apart.
  record Matrix(long data, int length, int width, int pitch) {
    /// Of one head of (B,T,C).
    static Matrix of(long y, int length, int channels, int heads, int share) {
      long image = Raw.at(y, (long) (share / heads) * length * channels);
      int width = channels / heads;
      return new Matrix(Raw.at(image, (long) (share % heads) * width), length, width, channels);
    }

    long row(int t) {
      return Raw.at(data, (long) t * pitch);
    }

    /// to (D,T)
    void transpose(long to) {
      Raw.transpose(data, length, width, pitch, to);
    }

    void clear() {
      for (int t = 0; t < length; t++) {
        Raw.zero(row(t), (long) width * Float.BYTES);
      }
    }
  }

  /// q, k and v of one head, or their gradients.
  record Head(Matrix q, Matrix k, Matrix v) {
    /// Of (B,T,3C).
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

  /// tile (keys, count) = rows of a times columns of a transposed matrix
  void product(Matrix a, int key, int keys, long transposed, int row, int count, long tile) {
    gemm.multiply(
        false,
        false,
        keys,
        count,
        a.width,
        a.row(key),
        a.pitch,
        Raw.at(transposed, row),
        a.length,
        false,
        tile,
        TILE);
  }

  /// Rows of queries `to` = the transposed tile times rows of keys b, or += that
  void toQueries(
      boolean add, long tile, Matrix b, int key, int keys, Matrix to, int row, int count) {
    gemm.multiply(
        true,
        false,
        count,
        b.width,
        keys,
        tile,
        TILE,
        b.row(key),
        b.pitch,
        add,
        to.row(row),
        to.pitch);
  }

  /// Rows of keys `to` = the tile times rows of queries b, or += that
  void toKeys(boolean add, long tile, Matrix b, int row, int count, Matrix to, int key, int keys) {
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
        add,
        to.row(key),
        to.pitch);
  }

  /// Sets what is above the diagonal in a tile that begins on it: queries before a key.
  void hide(float value, long tile, int keys) {
    for (int key = 1; key < keys; key++) {
      loops.fill(value, place(tile, key), key);
    }
  }

  /// Where the scores of a key are.
  static long place(long tile, int key) {
    return Raw.at(tile, key, TILE, 0);
  }

  /// False too where a sum overflows, which costs time only.
  boolean allFinite(Matrix m) {
    return columns.allFinite(m.data, m.length, m.width, m.pitch);
  }
}
