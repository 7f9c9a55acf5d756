package dev.hindsight.data;

import dev.hindsight.image.ImageShape;

/// Bytes as levels, quantised evenly: of 4 levels, 0 to 63 is the first.
public final class Levels {
  private Levels() {}

  /// The level of a byte.
  static int of(byte stored, int levels) {
    return (stored & 0xff) * levels / ImageShape.MOST_LEVELS;
  }

  /// Writes the levels of bytes to `out`, from `offset` on.
  static void write(byte[] bytes, int levels, float[] out, int offset) {
    for (int k = 0; k < bytes.length; k++) {
      out[offset + k] = of(bytes[k], levels);
    }
  }

  /// What is shown of a level, 0 to 255: the first one black and the last one white.
  public static int shown(int level, int levels) {
    return level * (ImageShape.MOST_LEVELS - 1) / (levels - 1);
  }
}
