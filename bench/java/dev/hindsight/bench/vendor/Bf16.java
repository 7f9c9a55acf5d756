package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Numbers of 16 bits in tensors of 32.
final class Bf16 {
  private static final int LOW = 0xffff;

  private Bf16() {}

  /// A tensor that holds the numbers rounded to nearest, ties to even.
  static Tensor tensor(Backend backend, Scope scope, float[] values) {
    float[] pairs = new float[Math.ceilDiv(values.length, 2)];
    for (int k = 0; k < pairs.length; k++) {
      int second = 2 * k + 1 < values.length ? bits(values[2 * k + 1]) : 0;
      pairs[k] = Float.intBitsToFloat(second << 16 | bits(values[2 * k]));
    }
    Tensor tensor = scope.floats(pairs.length);
    backend.write(tensor, pairs);
    return tensor;
  }

  /// The first numbers that a tensor holds.
  static float[] read(Backend backend, Tensor tensor, int count) {
    float[] pairs = backend.readFloats(tensor);
    float[] values = new float[count];
    for (int k = 0; k < count; k++) {
      int word = Float.floatToRawIntBits(pairs[k / 2]);
      values[k] = Float.intBitsToFloat((k % 2 == 0 ? word & LOW : word >>> 16) << 16);
    }
    return values;
  }

  private static int bits(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
  }
}
