package dev.hindsight.play;

import java.util.Base64;

/// Levels as the page sends and gets them: Base64 of a byte each.
final class LevelText {
  private LevelText() {}

  static String of(float[] levels) {
    byte[] bytes = new byte[levels.length];
    for (int k = 0; k < bytes.length; k++) {
      bytes[k] = (byte) levels[k];
    }
    return Base64.getEncoder().encodeToString(bytes);
  }

  /// The same levels again.
  ///
  /// @throws IllegalArgumentException when it is no Base64
  static float[] levels(String text) {
    byte[] bytes = Base64.getDecoder().decode(text);
    float[] levels = new float[bytes.length];
    for (int k = 0; k < levels.length; k++) {
      levels[k] = bytes[k] & 0xff;
    }
    return levels;
  }
}
