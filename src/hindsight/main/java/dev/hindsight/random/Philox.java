package dev.hindsight.random;

/// Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
///
/// Word `i` of a key is lane `i % 4` of the block with counter `(i / 4, stream)`. The CUDA kernels
/// compute the same words, and every value below is exact in float, so all backends agree bit for
/// bit on uniforms.
public final class Philox {
  private static final int M0 = 0xD2511F53;
  private static final int M1 = 0xCD9E8D57;
  private static final int W0 = 0x9E3779B9;
  private static final int W1 = 0xBB67AE85;
  private static final float TO_UNIT = 0x1p-24f;

  private Philox() {}

  /// The four words of one block, written to `out[0..3]`.
  public static void block(RandomKey key, long index, int[] out) {
    int k0 = (int) key.seed();
    int k1 = (int) (key.seed() >>> 32);
    int c0 = (int) index;
    int c1 = (int) (index >>> 32);
    int c2 = (int) key.stream();
    int c3 = (int) (key.stream() >>> 32);
    for (int round = 0; round < 10; round++) {
      long p0 = (M0 & 0xffffffffL) * (c0 & 0xffffffffL);
      long p1 = (M1 & 0xffffffffL) * (c2 & 0xffffffffL);
      int n0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      int n2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c0 = n0;
      c1 = (int) p1;
      c2 = n2;
      c3 = (int) p0;
      k0 += W0;
      k1 += W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }

  /// A word as a float in [0, 1), a multiple of 2^-24.
  public static float toUniform(int word) {
    return (word >>> 8) * TO_UNIT;
  }

  /// Uniform `index` of a key. `block` is four words of scratch.
  public static float uniform(RandomKey key, long index, int[] block) {
    block(key, index >> 2, block);
    return toUniform(block[(int) (index & 3)]);
  }

  /// The first `count` uniforms of a key.
  public static float[] uniforms(RandomKey key, int count) {
    float[] out = new float[count];
    int[] block = new int[4];
    for (int i = 0; i < count; i++) {
      if ((i & 3) == 0) {
        block(key, i >> 2, block);
      }
      out[i] = toUniform(block[i & 3]);
    }
    return out;
  }

  /// The first `count` standard normals of a key: Box-Muller on words (0, 1) and (2, 3) of each
  /// block, the radius from a uniform in (0, 1].
  public static double[] normals(RandomKey key, int count) {
    double[] out = new double[count];
    int[] block = new int[4];
    for (int i = 0; i < count; i++) {
      if ((i & 3) == 0) {
        block(key, i >> 2, block);
      }
      int pair = i & 2;
      double radius = Math.sqrt(-2 * Math.log(((block[pair] >>> 8) + 1) * (double) TO_UNIT));
      double angle = 2 * Math.PI * toUniform(block[pair + 1]);
      out[i] = radius * ((i & 1) == 0 ? Math.cos(angle) : Math.sin(angle));
    }
    return out;
  }

  /// The numbers 0..count-1 in a random order (Fisher-Yates).
  public static int[] permutation(RandomKey key, int count) {
    float[] u = uniforms(key, count);
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = (int) (u[i] * (double) (i + 1)); // in 0..i
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
