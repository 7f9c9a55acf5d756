package dev.hindsight.softgpu;

import java.util.Arrays;
import java.util.Random;

/// Elements of matrices by the names that PTX has for their types: numbers, and the bits that they
/// have.
final class MatrixNumbers {
  private MatrixNumbers() {}

  static int bits(String type) {
    return switch (type) {
      case "b1" -> 1;
      case "s4", "u4" -> 4;
      case "e4m3", "e5m2", "s8", "u8" -> 8;
      case "f16", "bf16" -> 16;
      case "f64" -> 64;
      default -> 32;
    };
  }

  /// Numbers that the type holds and whose sums of products are exact; of small integers all.
  static double[] random(Random random, String type, int count) {
    return random.doubles(count).map(r -> scaled(type, r)).toArray();
  }

  private static double scaled(String type, double r) {
    return switch (type) {
      case "s8" -> Math.floor(r * 256) - 128;
      case "u8" -> Math.floor(r * 256);
      case "s4" -> Math.floor(r * 16) - 8;
      case "u4" -> Math.floor(r * 16);
      case "b1" -> Math.floor(r * 2);
      case "s32" -> Math.floor(r * 2000) - 1000;
      case "e4m3" -> Math.floor(r * 32) / 16 - 1;
      case "f16", "e5m2" -> Math.floor(r * 16) / 8 - 1;
      default -> Math.floor(r * 32) / 8 - 2;
    };
  }

  static long encode(String type, double v) {
    return switch (type) {
      case "f16" -> Float.floatToFloat16((float) v) & 0xffff;
      case "bf16" -> Float.floatToRawIntBits((float) v) >>> 16;
      case "f32", "tf32" -> Float.floatToRawIntBits((float) v);
      case "f64" -> Double.doubleToRawLongBits(v);
      case "e5m2" -> (Float.floatToFloat16((float) v) & 0xffff) >>> 8;
      case "e4m3" -> e4m3(v);
      default -> (long) v & ((1L << bits(type)) - 1);
    };
  }

  private static long e4m3(double v) {
    for (int bits = 0; bits < 0x7f; bits++) {
      int e = bits >> 3;
      double size = e == 0 ? (bits & 7) / 512.0 : (1 + (bits & 7) / 8.0) * Math.pow(2, e - 7);
      if (size == Math.abs(v)) {
        return bits | (v < 0 ? 0x80 : 0);
      }
    }
    return 0x7f;
  }

  /// Of sums.
  static double decode(String type, long bits) {
    return switch (type) {
      case "f16" -> Float.float16ToFloat((short) bits);
      case "f32" -> Float.intBitsToFloat((int) bits);
      case "f64" -> Double.longBitsToDouble(bits);
      default -> (int) bits;
    };
  }

  /// Keeps half of each group of neighbours in a row of k numbers, at random, and says which.
  /// Returns those that stay; the others become 0.
  ///
  /// @param a its rows, sixteen for each warp
  /// @param selector the lane of four, or the pair, with metadata
  /// @param metadata of all lanes
  static double[] thin(
      Random random, double[] a, int k, String type, int selector, int[] metadata) {
    int n = type.equals("tf32") ? 2 : bits(type) == 4 ? 8 : 4;
    double[] stored = new double[a.length / 2];
    for (int row = 0; row < a.length / k; row++) {
      for (int group = 0; group < k / n; group++) {
        int first = random.nextInt(3);
        int second = first + 1 + random.nextInt(3 - first);
        int bits = first | second << 2;
        if (n == 2) {
          first = random.nextInt(2);
          bits = first == 0 ? 0b0100 : 0b1110;
        }
        int from = row * k + group * n;
        int to = from / 2;
        double[] whole = Arrays.copyOfRange(a, from, from + n);
        Arrays.fill(a, from, from + n, 0);
        for (int i = 0; i < n / 2; i++) {
          int chosen = n == 8 ? 2 * (i < 2 ? first : second) + i % 2 : i == 0 ? first : second;
          stored[to + i] = whole[chosen];
          a[from + chosen] = whole[chosen];
        }
        note(metadata, row, group, k / n, bits(type) >= 16, selector, bits);
      }
    }
    return stored;
  }

  /// As the drawings of the PTX ISA have it.
  private static void note(
      int[] metadata, int row, int group, int groups, boolean wide, int selector, int bits) {
    int low = row % 16 / 8;
    int lane =
        wide
            ? groups == 4 ? selector : selector * 2 + group / 4
            : groups == 8 ? selector * 2 + low : group / 8 * 2 + low;
    int shift = wide ? low * 16 + group % 4 * 4 : group % 8 * 4;
    int at = row / 16 * 32 + row % 8 * 4 + lane;
    metadata[at] = (metadata[at] & ~(15 << shift)) | bits << shift;
  }
}
