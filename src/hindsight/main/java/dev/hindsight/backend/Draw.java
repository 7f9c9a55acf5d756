package dev.hindsight.backend;

import dev.hindsight.random.RandomKey;

/// Whose turn it is to be drawn: images `first, first + 1, …` of a key.
///
/// Backends read it from a tensor and not from an argument, because a recorded loop over pixels
/// keeps its arguments for ever. The tensor holds twelve pieces of 16 bits, lowest first, of the
/// key's seed, its stream and `first`: every piece is exact in any precision.
///
/// @param first number of the image that is row 0 of a batch
public record Draw(RandomKey key, long first) {
  /// Elements of the tensor.
  public static final int SIZE = 12;

  private static final int PIECES = 4;
  private static final int BITS = 16;

  /// What the tensor holds.
  public float[] pieces() {
    float[] out = new float[SIZE];
    split(key.seed(), out, 0);
    split(key.stream(), out, PIECES);
    split(first, out, 2 * PIECES);
    return out;
  }

  /// From what a tensor holds.
  public static Draw of(float[] pieces) {
    return new Draw(new RandomKey(join(pieces, 0), join(pieces, PIECES)), join(pieces, 2 * PIECES));
  }

  private static void split(long value, float[] out, int at) {
    for (int k = 0; k < PIECES; k++) {
      out[at + k] = (value >>> (k * BITS)) & 0xffff;
    }
  }

  private static long join(float[] pieces, int at) {
    long value = 0;
    for (int k = 0; k < PIECES; k++) {
      value |= (long) pieces[at + k] << (k * BITS);
    }
    return value;
  }
}
