package dev.hindsight.nn;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;

/// Initial values of parameters. Drawn on the host, so every backend starts from the same bits.
public final class Initial {
  private Initial() {}

  /// U(-bound, bound) with bound = 1/√fanIn: what PyTorch's `nn.Linear` and `nn.Conv` do for weight
  /// and bias (Kaiming uniform with a = √5).
  public static float[] torchUniform(RandomKey key, int size, int fanIn) {
    return uniform(key, size, (float) (1 / Math.sqrt(fanIn)));
  }

  /// U(-bound, bound)
  public static float[] uniform(RandomKey key, int size, float bound) {
    float[] values = Philox.uniforms(key, size);
    for (int i = 0; i < size; i++) {
      values[i] = bound * (2 * values[i] - 1);
    }
    return values;
  }
}
