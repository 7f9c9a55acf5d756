package dev.hindsight.backend.cuda;

import static dev.hindsight.testing.Tensors.stored;
import static dev.hindsight.testing.Tensors.tensor;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Gradients;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/// A masked linear layer with random values, for tests: x (n,i), w (o,i), b (o).
final class MaskedLayer {
  private static final RandomKey KEY = RandomKey.of(3);

  final int n;
  final int i;
  final int o;
  final Degrees degrees;
  final float[] x;
  final float[] w;
  final float[] b;
  private final float[] dy;

  MaskedLayer(int n, int i, int o) {
    this.n = n;
    this.i = i;
    this.o = o;
    degrees = new Degrees(ascending("in", i), ascending("out", o), true);
    x = normals("x", n * i);
    w = normals("w", i * o);
    b = normals("b", o);
    dy = normals("dy", n * o);
    setMaskedWeights(0);
  }

  private static int[] ascending(String name, int count) {
    float[] u = Philox.uniforms(KEY.fold(name), count);
    return IntStream.range(0, count).map(k -> (int) (u[k] * 50)).sorted().toArray();
  }

  static float[] normals(String name, int count) {
    double[] values = Philox.normals(KEY.fold(name), count);
    float[] floats = new float[count];
    for (int k = 0; k < count; k++) {
      floats[k] = (float) values[k];
    }
    return floats;
  }

  /// A cotangent of y.
  float[] dy() {
    return dy;
  }

  /// Makes every value a small integer, so that every sum of products is exact in any precision.
  void roundToIntegers() {
    for (float[] values : new float[][] {x, w, b, dy}) {
      for (int k = 0; k < values.length; k++) {
        values[k] = (float) Math.rint(2 * values[k]);
      }
    }
  }

  void setInput(int column, float value) {
    for (int row = 0; row < n; row++) {
      x[row * i + column] = value;
    }
  }

  void setMaskedWeights(float value) {
    for (int row = 0; row < o; row++) {
      Arrays.fill(w, row * i + degrees.live(row), (row + 1) * i, value);
    }
  }

  /// y with sigmoid, 0 outside the range.
  float[] forward(Backend backend, int from, int to) {
    try (Scope scope = backend.open("forward")) {
      Tensor y = scope.tensor(backend.storage(), n, o);
      backend.fill(y, 0);
      backend
          .maskedLinear()
          .forward(
              stored(backend, scope, x, n, i),
              stored(backend, scope, w, o, i),
              tensor(backend, scope, b, o),
              degrees,
              Activation.SIGMOID,
              from,
              to,
              y);
      return backend.readFloats(y);
    }
  }

  float[] forward(Backend backend) {
    return forward(backend, 0, o);
  }

  /// dx, dw and db without an activation, added to what each of them holds `before`.
  float[][] backward(Backend backend, float before) {
    try (Scope scope = backend.open("backward")) {
      Tensor dx = scope.tensor(backend.storage(), n, i);
      Tensor[] gradients = {dx, scope.floats(o, i), scope.floats(o)};
      for (Tensor gradient : gradients) {
        backend.fill(gradient, before);
      }
      backend
          .maskedLinear()
          .backward(
              stored(backend, scope, x, n, i),
              stored(backend, scope, w, o, i),
              degrees,
              Activation.IDENTITY,
              stored(backend, scope, new float[n * o], n, o),
              stored(backend, scope, dy(), n, o),
              new Gradients(Gradient.of(gradients[0]), gradients[1], gradients[2]));
      return Arrays.stream(gradients).map(backend::readFloats).toArray(float[][]::new);
    }
  }
}
