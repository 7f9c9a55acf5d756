package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the catalogue does not say of attention: its law, extreme scores, and that it looks back.
class AttentionTest {
  private static final RandomKey KEY = RandomKey.of(21);
  private static final String[] EXTREMES = {"1e4", "-1e4", "equal", "-inf"};

  private static Backend open(String name) {
    return switch (name) {
      case "double" -> Backends.reference();
      case "software-gpu" -> Backends.openSoftwareGpu();
      default -> Backends.open(name);
    };
  }

  private static float[] normals(String name, int count, double std) {
    double[] values = Philox.normals(KEY.fold(name), count);
    float[] out = new float[count];
    for (int k = 0; k < count; k++) {
      out[k] = (float) (std * values[k]);
    }
    return out;
  }

  /// Scores by plain sums, their triangular softmax by the backend, times the values by plain sums.
  @ParameterizedTest
  @CsvSource({
    "double, 57, 16",
    "nd4j, 57, 16",
    "cpu, 113, 16",
    "cpu, 784, 32",
    "software-gpu, 1, 16",
    "software-gpu, 113, 32",
    "software-gpu, 169, 64"
  })
  void fusedEqualsTheTriangularSoftmax(String name, int length, int width) {
    try (Backend backend = open(name);
        Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      float[] values = normals("qkv", length * 3 * width, 1);
      Tensor qkv = scope.floats(1, length, 3 * width);
      backend.write(qkv, values);
      float[] scores = new float[length * length];
      for (int i = 0; i < length; i++) {
        for (int j = 0; j < length; j++) {
          double sum = 0;
          for (int d = 0; d < width; d++) {
            sum += values[i * 3 * width + d] * (double) values[j * 3 * width + width + d];
          }
          scores[i * length + j] = j <= i ? (float) sum : Float.NaN;
        }
      }
      Tensor s = scope.floats(1, length, length);
      backend.write(s, scores);
      double[] p = backend.readDoubles(ops.triangularSoftmax(s, (float) (1 / Math.sqrt(width))));
      double[] y = backend.readDoubles(ops.causalAttention(qkv, 1));
      for (int i = 0; i < length; i++) {
        for (int d = 0; d < width; d++) {
          double sum = 0;
          for (int j = 0; j < length; j++) {
            sum += p[i * length + j] * values[j * 3 * width + 2 * width + d];
          }
          assertThat(y[i * width + d]).as("y[%d,%d]", i, d).isCloseTo(sum, within(2e-5));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"double", "nd4j", "cpu", "software-gpu"})
  void extremeScoresNeverGiveNaN(String name) {
    int length = 36;
    try (Backend backend = open(name);
        Scope scope = backend.open("test")) {
      for (String kind : EXTREMES) {
        float[] values = normals("scores", length * length, 1);
        for (int k = 0; k < values.length; k++) {
          values[k] =
              switch (kind) {
                case "1e4" -> k % 5 == 0 ? 1e4f : values[k];
                case "-1e4" -> k % 5 == 0 ? -1e4f : values[k];
                case "equal" -> 3;
                default -> k % 3 == 0 || k / length < 2 ? Float.NEGATIVE_INFINITY : values[k];
              };
        }
        Tensor scores = scope.floats(1, length, length);
        backend.write(scores, values);
        double[] p =
            backend.readDoubles(new Ops(backend, scope, null).triangularSoftmax(scores, 1));
        for (int i = 0; i < length; i++) {
          double sum = 0;
          for (int j = 0; j < length; j++) {
            assertThat(p[i * length + j]).as("%s p[%d,%d]", kind, i, j).isBetween(0.0, 1.0 + 1e-6);
            sum += p[i * length + j];
          }
          boolean nothing = kind.equals("-inf") && i < 2;
          assertThat(sum).as("%s row %d", kind, i).isCloseTo(nothing ? 0 : 1, within(1e-5));
          if (kind.equals("equal")) {
            assertThat(p[i * length]).isCloseTo(1.0 / (i + 1), within(1e-6));
          }
        }
      }
    }
  }

  /// For every position: NaN in all later queries, keys and values moves no bit of it.
  @ParameterizedTest
  @CsvSource({"double, 20", "nd4j, 20", "cpu, 130", "software-gpu, 60"})
  void laterPositionsMoveNoBit(String name, int length) {
    int heads = 2;
    int channels = 32;
    try (Backend backend = open(name)) {
      float[] values = normals("qkv", length * 3 * channels, 1);
      float[] base = attend(backend, values, length, heads, channels);
      for (int i = 0; i < length; i++) {
        float[] poisoned = values.clone();
        Arrays.fill(poisoned, (i + 1) * 3 * channels, poisoned.length, Float.NaN);
        float[] y = attend(backend, poisoned, length, heads, channels);
        int end = (i + 1) * channels;
        assertThat(Arrays.copyOf(y, end)).as("position %d", i).isEqualTo(Arrays.copyOf(base, end));
        for (int k = end; k < y.length; k++) {
          assertThat(y[k]).as("element %d sees NaN", k).isNaN();
        }
      }
    }
  }

  private static float[] attend(
      Backend backend, float[] values, int length, int heads, int channels) {
    try (Scope scope = backend.open("attend")) {
      Tensor qkv = scope.floats(1, length, 3 * channels);
      backend.write(qkv, values);
      return backend.readFloats(new Ops(backend, scope, null).causalAttention(qkv, heads));
    }
  }
}
