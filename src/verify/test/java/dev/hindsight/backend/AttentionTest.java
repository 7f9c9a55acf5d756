package dev.hindsight.backend;

import static dev.hindsight.testing.Tensors.stored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the catalogue does not say of attention: its law, and that it looks back.
@Tag("slow")
class AttentionTest {
  /// Scores by plain sums, their triangular softmax by the backend, times the values by plain sums.
  @ParameterizedTest
  @CsvSource({
    "double, 57, 16",
    "nd4j, 57, 16",
    "cpu, 113, 16",
    "cpu, 784, 32",
    "software-gpu, 1, 16",
    "software-gpu, 2, 16",
    "software-gpu, 31, 32",
    "software-gpu, 32, 32",
    "software-gpu, 33, 20",
    "software-gpu, 111, 48",
    "software-gpu, 112, 96",
    "software-gpu, 113, 128",
    "software-gpu, 169, 64",
    "software-gpu, 784, 16"
  })
  void fusedEqualsTheTriangularSoftmax(String name, int length, int width) {
    try (Backend backend = AttentionRun.open(name);
        Scope scope = backend.open("test")) {
      Ops ops = new Ops(backend, scope, null);
      float[] values = AttentionRun.normals("qkv", length * 3 * width, 1);
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
          for (int j = 0; j <= i; j++) {
            sum += p[i * length + j] * values[j * 3 * width + 2 * width + d];
          }
          assertThat(y[i * width + d]).as("y[%d,%d]", i, d).isCloseTo(sum, within(2e-5));
        }
      }
    }
  }

  /// For every position: NaN in all later queries, keys and values moves no bit of it.
  @ParameterizedTest
  @CsvSource({
    "double, 20",
    "nd4j, 20",
    "cpu, 130",
    "software-gpu, 60",
    "software-gpu tf32, 60",
    "software-gpu bf16, 60"
  })
  void laterPositionsMoveNoBit(String name, int length) {
    int heads = 2;
    int channels = 32;
    try (Backend backend = AttentionRun.open(name)) {
      float[] values = AttentionRun.normals("qkv", length * 3 * channels, 1);
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
      Tensor qkv = stored(backend, scope, values, 1, length, 3 * channels);
      return backend.readFloats(new Ops(backend, scope, null).causalAttention(qkv, heads));
    }
  }
}
