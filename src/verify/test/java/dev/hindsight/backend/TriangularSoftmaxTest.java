package dev.hindsight.backend;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Rows that are longer than a warp's registers, and scores that are not ordinary.
@Tag("slow")
class TriangularSoftmaxTest {
  private static final float KEPT = -7;

  /// p and the gradient of the scores, which begins with ones; what lies above the diagonal is NaN
  /// in what is read and [#KEPT] in what is written.
  private static final class Result {
    final double[] p;
    final double[] dscores;

    private Result(double[] p, double[] dscores) {
      this.p = p;
      this.dscores = dscores;
    }

    static Result of(Backend backend, float[] scores, float scale, float[] dp) {
      int length = (int) Math.sqrt(scores.length);
      float[] p = new float[scores.length];
      float[] ds = new float[scores.length];
      float[] in = scores.clone();
      float[] up = dp.clone();
      for (int k = 0; k < p.length; k++) {
        boolean above = k % length > k / length;
        p[k] = KEPT;
        ds[k] = above ? KEPT : 1;
        in[k] = above ? Float.NaN : in[k];
        up[k] = above ? Float.NaN : up[k];
      }
      try (Scope scope = backend.open("softmax")) {
        Tensor result = tensor(backend, scope, p, 1, length, length);
        Tensor down = tensor(backend, scope, ds, 1, length, length);
        CausalAttention ops = backend.causalAttention();
        ops.triangularSoftmax(tensor(backend, scope, in, 1, length, length), scale, result);
        ops.triangularSoftmaxBackward(
            result, scale, tensor(backend, scope, up, 1, length, length), down);
        return new Result(backend.readDoubles(result), backend.readDoubles(down));
      }
    }
  }

  private static void check(Backend backend, float[] scores, float scale) {
    int length = (int) Math.sqrt(scores.length);
    float[] dp = AttentionRun.normals("dp", scores.length, 1);
    Result got = Result.of(backend, scores, scale, dp);
    double[] p = new double[scores.length];
    double[] ds = new double[scores.length];
    Arrays.fill(p, KEPT);
    Arrays.fill(ds, KEPT);
    for (int i = 0; i < length; i++) {
      int from = i * length;
      double largest = Double.NEGATIVE_INFINITY;
      for (int j = from; j <= from + i; j++) {
        largest = Math.max(largest, scores[j] * scale);
      }
      double total = 0;
      for (int j = from; j <= from + i; j++) {
        p[j] = scores[j] == Float.NEGATIVE_INFINITY ? 0 : Math.exp(scores[j] * scale - largest);
        total += p[j];
      }
      double dot = 0;
      for (int j = from; j <= from + i; j++) {
        p[j] = total == 0 ? 0 : p[j] / total;
        dot += p[j] * dp[j];
      }
      for (int j = from; j <= from + i; j++) {
        ds[j] = 1 + scale * p[j] * (dp[j] - dot);
      }
    }
    double bound = 1e-5 + 1e-3 * Math.min(1, Math.abs(largest(scores) * scale) / 1e4);
    for (int k = 0; k < p.length; k++) {
      if (Math.abs(got.p[k] - p[k]) > bound || Math.abs(got.dscores[k] - ds[k]) > 8 * bound) {
        assertThat(got.p[k]).as("p[%d]", k).isCloseTo(p[k], within(bound));
        assertThat(got.dscores[k]).as("ds[%d]", k).isCloseTo(ds[k], within(8 * bound));
      }
      assertThat(got.p[k] + got.dscores[k]).isNotNaN();
    }
  }

  private static double largest(float[] scores) {
    double largest = 0;
    for (float s : scores) {
      largest = Float.isInfinite(s) ? largest : Math.max(largest, Math.abs(s));
    }
    return largest;
  }

  /// A row keeps 1024 elements in registers and reads the rest again.
  @ParameterizedTest
  @ValueSource(ints = {129, 784, 1025, 1300})
  void longRowsAreWhatTheFormulaSays(int length) {
    try (Backend backend = Backends.openSoftwareGpu()) {
      check(backend, AttentionRun.normals("scores", length * length, 2), 0.7f);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "double, 36",
    "nd4j, 36",
    "cpu, 36",
    "gpu, 36",
    "gpu, 130",
  })
  void extremeScoresAreWhatTheFormulaSays(String name, int length) {
    try (Backend backend = TestBackends.open(name)) {
      for (String kind : new String[] {"1e4", "-1e4", "equal", "-inf"}) {
        float[] scores = AttentionRun.normals("scores", length * length, 1);
        for (int k = 0; k < scores.length; k++) {
          scores[k] =
              switch (kind) {
                case "1e4" -> k % 5 == 0 ? 1e4f : scores[k];
                case "-1e4" -> k % 5 == 0 ? -1e4f : scores[k];
                case "equal" -> 3;
                default -> k % 3 == 0 || k / length < 2 ? Float.NEGATIVE_INFINITY : scores[k];
              };
        }
        check(backend, scores, 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"double", "nd4j", "cpu", "gpu"})
  void aScaleOfZeroMakesAllEqual(String name) {
    try (Backend backend = TestBackends.open(name)) {
      check(backend, AttentionRun.normals("scores", 133 * 133, 1), 0);
    }
  }

  /// Whatever the lane that reads it has seen before.
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu"})
  void aNanBehindTheRegistersSpoilsItsRow(String name) {
    int length = 1100;
    float[] scores = new float[length * length];
    Arrays.fill(scores, Float.NEGATIVE_INFINITY);
    int row = (length - 1) * length;
    scores[row] = 1;
    scores[row + 1090] = Float.NaN;
    try (Backend backend = TestBackends.open(name)) {
      double[] p = Result.of(backend, scores, 1, new float[scores.length]).p;
      for (int j = 0; j < length; j++) {
        assertThat(p[row + j]).as("p[%d]", j).isNaN();
        assertThat(p[row - length + Math.min(j, length - 2)]).isZero();
      }
    }
  }
}
