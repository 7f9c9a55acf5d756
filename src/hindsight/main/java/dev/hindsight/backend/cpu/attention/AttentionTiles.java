package dev.hindsight.backend.cpu.attention;

import dev.hindsight.backend.cpu.loops.AttentionLoops;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;

/// What attention forward and backward share: the matrices of a head and the tiles of its scores.
///
/// Scores lie transposed, a row for each key and a column for each query, so that a vector holds
/// the same for 16 queries: largest, sum, logarithm and slope never cross its lanes.
///
/// Tiles are 112 x 112, contiguous: of all shapes tried none is faster. The tile on the diagonal is
/// done in two pieces, the keys of its first half, then those of its second by the queries that see
/// them.
final class AttentionTiles {
  /// Rows and columns of a tile: 784 = 7·112.
  static final int TILE = 112;

  static final long AREA = (long) TILE * TILE;

  /// Keys of the first piece on the diagonal, whole vectors.
  static final int HALF = 64;

  private AttentionTiles() {}

  /// One head of (B,T,C).
  ///
  /// @param share of all heads of all images
  static Matrix head(Matrix y, int length, int heads, int share) {
    int width = y.columns() / heads;
    return y.block(share / heads * length, length, share % heads * width, width);
  }

  /// q, k and v of one head, (T,D) each, or their gradients.
  record Head(Matrix q, Matrix k, Matrix v) {
    /// Of (B,T,3C).
    static Head of(Matrix qkv, int length, int heads, int share) {
      int channels = qkv.columns() / 3;
      return new Head(
          head(qkv.columns(0, channels), length, heads, share),
          head(qkv.columns(channels, channels), length, heads, share),
          head(qkv.columns(2 * channels, channels), length, heads, share));
    }

    /// Their floats: themselves, or what has room for them.
    Head floats(long room) {
      long size = (long) q.rows() * q.columns();
      return new Head(
          q.floats(room), k.floats(Native.at(room, size)), v.floats(Native.at(room, 2 * size)));
    }

    /// Copies all of it to its floats, where these are elsewhere.
    void fetch(Head floats) {
      q.fetch(floats.q);
      k.fetch(floats.k);
      v.fetch(floats.v);
    }

    /// Stores its floats.
    void store(Head floats) {
      q.store(floats.q);
      k.store(floats.k);
      v.store(floats.v);
    }

    float scale() {
      return (float) (1 / Math.sqrt(q.columns()));
    }
  }

  /// A tile of floats, of which so many keys and queries count.
  static Matrix tile(Stored stored, long at, int keys, int queries) {
    return new Matrix(stored.fp32(), at, keys, queries, TILE);
  }

  /// A tile as a factor of a product with numbers as they are stored.
  ///
  /// @param room for a tile of such numbers
  static Matrix factors(Stored stored, Matrix tile, long room) {
    if (stored.inPlace()) {
      return tile;
    }
    stored.store(tile.address(), room, (long) tile.rows() * TILE);
    return new Matrix(stored, room, tile.rows(), tile.columns(), TILE);
  }

  /// Sets what is above the diagonal in a tile that begins on it: queries before a key.
  static void hide(float value, long tile, int keys) {
    for (int key = 1; key < keys; key++) {
      Loops.fill(value, Native.at(tile, key, TILE, 0), key);
    }
  }

  /// False too where a sum overflows, which costs time only.
  static boolean allFinite(Matrix m) {
    return m.stored().inPlace()
        ? AttentionLoops.allFinite(m.address(), m.rows(), m.columns(), m.pitch())
        : m.allFinite();
  }
}
