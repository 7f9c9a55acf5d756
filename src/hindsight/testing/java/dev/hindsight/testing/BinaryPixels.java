package dev.hindsight.testing;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;

/// Pixels that are 0 or 1.
public final class BinaryPixels {
  private BinaryPixels() {}

  /// So many, of which about that share are 1.
  public static float[] of(RandomKey key, int count, float share) {
    float[] pixels = Philox.uniforms(key, count);
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = pixels[k] < share ? 1 : 0;
    }
    return pixels;
  }
}
