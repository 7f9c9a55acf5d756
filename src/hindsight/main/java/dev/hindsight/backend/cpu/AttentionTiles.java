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

  private final Loops loops;
  private final AttentionLoops columns;

  AttentionTiles(Engine engine) {
    this.loops = engine.loops();
    this.columns = loops.attention();
  }

  /// T rows of D numbers, `pitch` apart.
  record Matrix(Stored stored, long data, int length, int width, int pitch) {
    /// Of one head of (B,T,C).
    static Matrix of(Stored stored, long y, int length, int channels, int heads, int share) {
      long image = stored.at(y, (long) (share / heads) * length * channels);
      long head = stored.at(image, (long) (share % heads) * (channels / heads));
      return new Matrix(stored, head, length, channels / heads, channels);
    }

    long row(int t) {
      return stored.at(data, (long) t * pitch);
    }

    /// to (D,T)
    void transpose(long to) {
      stored.transpose(data, length, width, pitch, to);
    }

    void clear() {
      for (int t = 0; t < length; t++) {
        stored.zero(row(t), width);
      }
    }

    boolean allFinite() {
      for (int t = 0; t < length; t++) {
        if (!stored.allFinite(row(t), width)) {
          return false;
        }
      }
      return true;
    }

    /// Its floats: itself, or what has room for them.
    Matrix floats(Stored fp32, long room) {
      return stored.inPlace() ? this : new Matrix(fp32, room, length, width, width);
    }

    /// Copies all rows to their floats, where these are elsewhere.
    void fetch(Matrix floats) {
      stored.fetch(length, width, data, pitch, floats.data);
    }

    /// Stores some rows of their floats.
    void store(Matrix floats, int from, int count) {
      stored.store(count, width, floats.row(from), row(from), pitch);
    }
  }

  /// q, k and v of one head, or their gradients.
  record Head(Matrix q, Matrix k, Matrix v) {
    /// Of (B,T,3C).
    static Head of(Stored stored, long qkv, int length, int channels, int heads, int share) {
      long image = stored.at(qkv, (long) (share / heads) * length * 3 * channels);
      int width = channels / heads;
      long q = stored.at(image, (long) (share % heads) * width);
      long k = stored.at(q, channels);
      long v = stored.at(k, channels);
      return new Head(
          new Matrix(stored, q, length, width, 3 * channels),
          new Matrix(stored, k, length, width, 3 * channels),
          new Matrix(stored, v, length, width, 3 * channels));
    }

    /// Their floats: themselves, or what has room for them.
    Head floats(Stored fp32, long room) {
      long size = (long) q.length * q.width;
      return new Head(
          q.floats(fp32, room),
          k.floats(fp32, Raw.at(room, size)),
          v.floats(fp32, Raw.at(room, 2 * size)));
    }

    /// Copies all of it to its floats, where these are elsewhere.
    void fetch(Head floats) {
      q.fetch(floats.q);
      k.fetch(floats.k);
      v.fetch(floats.v);
    }

    /// Stores its floats.
    void store(Head floats) {
      q.store(floats.q, 0, q.length);
      k.store(floats.k, 0, k.length);
      v.store(floats.v, 0, v.length);
    }

    float scale() {
      return (float) (1 / Math.sqrt(q.width));
    }
  }

  /// tile (keys, count), floats, = rows of a times columns of a transposed matrix
  static void product(Matrix a, int key, int keys, long transposed, int row, int count, long tile) {
    a.stored
        .gemm()
        .multiply(
            false,
            false,
            keys,
            count,
            a.width,
            a.row(key),
            a.pitch,
            a.stored.at(transposed, row),
            a.length,
            false,
            tile,
            TILE);
  }

  /// Some rows of a tile as factors of a product with numbers as they are stored.
  ///
  /// @param room for a tile of such numbers
  static long factors(Stored stored, long tile, int keys, long room) {
    if (stored.inPlace()) {
      return tile;
    }
    stored.round(tile, room, (long) keys * TILE);
    return room;
  }

  /// Rows of queries `to`, floats, = the transposed tile times rows of keys b, or += that
  ///
  /// @param tile as [#factors] has it
  static void toQueries(
      boolean add, long tile, Matrix b, int key, int keys, Matrix to, int row, int count) {
    b.stored
        .gemm()
        .multiply(
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

  /// Rows of keys `to`, floats, = the tile times rows of queries b, or += that
  ///
  /// @param tile as [#factors] has it
  static void toKeys(
      boolean add, long tile, Matrix b, int row, int count, Matrix to, int key, int keys) {
    b.stored
        .gemm()
        .multiply(
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
    return m.stored.inPlace()
        ? columns.allFinite(m.data, m.length, m.width, m.pitch)
        : m.allFinite();
  }
}
