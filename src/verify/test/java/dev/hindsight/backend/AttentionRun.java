package dev.hindsight.backend;

import static dev.hindsight.testing.Tensors.stored;

import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Attention of one image with one head, forward and backward, on a backend and by the formulas.
final class AttentionRun {
  private static final RandomKey KEY = RandomKey.of(21);

  /// (T,D)
  final double[] y;

  /// (T,3D)
  final double[] dqkv;

  private AttentionRun(double[] y, double[] dqkv) {
    this.y = y;
    this.dqkv = dqkv;
  }

  /// To the nearest number of bf16, ties to even.
  static float[] inBf16(float[] values) {
    float[] out = new float[values.length];
    for (int k = 0; k < out.length; k++) {
      int bits = Float.floatToIntBits(values[k]);
      int even = bits + 0x7fff + ((bits >>> 16) & 1);
      out[k] = Float.intBitsToFloat(even & 0xffff0000);
    }
    return out;
  }

  static float[] normals(String name, int count, double std) {
    double[] values = Philox.normals(KEY.fold(name), count);
    float[] out = new float[count];
    for (int k = 0; k < count; k++) {
      out[k] = (float) (std * values[k]);
    }
    return out;
  }

  /// @param qkv (T,3D)
  /// @param dy (T,D)
  static AttentionRun of(Backend backend, float[] qkv, float[] dy, int width) {
    int length = dy.length / width;
    try (Scope scope = backend.open("attention")) {
      Tape tape = new Tape(scope);
      Tensor x = stored(backend, scope, qkv, 1, length, 3 * width);
      Tensor dx = scope.tensor(x.type(), 1, length, 3 * width);
      scope.clear(dx);
      tape.bind(x, dx);
      Tensor y = new Ops(backend, scope, tape).causalAttention(x, 1);
      tape.backward(y, stored(backend, scope, dy, 1, length, width));
      return new AttentionRun(backend.readDoubles(y), backend.readDoubles(dx));
    }
  }

  /// In double, but scores that no float can hold are infinite.
  static AttentionRun plain(float[] qkv, float[] dy, int width) {
    int length = dy.length / width;
    double scale = 1 / Math.sqrt(width);
    double[] y = new double[length * width];
    double[] dqkv = new double[length * 3 * width];
    for (int i = 0; i < length; i++) {
      double[] p = new double[i + 1];
      double largest = Double.NEGATIVE_INFINITY;
      for (int j = 0; j <= i; j++) {
        p[j] = (float) dot(qkv, i * 3 * width, qkv, (3 * j + 1) * width, width) * scale;
        largest = Math.max(largest, p[j]);
      }
      double total = 0;
      for (int j = 0; j <= i; j++) {
        p[j] = p[j] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(p[j] - largest);
        total += p[j];
      }
      double delta = 0;
      for (int j = 0; j <= i; j++) {
        p[j] = total == 0 ? 0 : p[j] / total;
        delta += p[j] * dot(dy, i * width, qkv, (3 * j + 2) * width, width);
      }
      for (int j = 0; j <= i; j++) {
        double dp = dot(dy, i * width, qkv, (3 * j + 2) * width, width);
        double ds = p[j] * (dp - delta) * scale;
        for (int d = 0; d < width; d++) {
          y[i * width + d] += p[j] * qkv[(3 * j + 2) * width + d];
          dqkv[3 * i * width + d] += ds * qkv[(3 * j + 1) * width + d];
          dqkv[(3 * j + 1) * width + d] += ds * qkv[3 * i * width + d];
          dqkv[(3 * j + 2) * width + d] += p[j] * dy[i * width + d];
        }
      }
    }
    return new AttentionRun(y, dqkv);
  }

  private static double dot(float[] a, int from, float[] b, int at, int width) {
    double sum = 0;
    for (int d = 0; d < width; d++) {
      sum += a[from + d] * (double) b[at + d];
    }
    return sum;
  }
}
