package dev.hindsight.backend;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Scores of ±1e4, all equal, and -inf, in rows of nothing else too: no NaN, and what the formulas
/// say, in training and for one position.
@Tag("slow")
class AttentionExtremesTest {
  private static final int LENGTH = 120;
  private static final int WIDTH = 16;
  private static final String[] KINDS = {"1e4", "-1e4", "equal", "-inf"};

  /// Scores are made by the first channel of q and k.
  private static float[] qkv(String kind) {
    float[] values = AttentionRun.normals("extreme", LENGTH * 3 * WIDTH, 1);
    for (int t = 0; t < LENGTH; t++) {
      int q = 3 * t * WIDTH;
      int k = q + WIDTH;
      boolean odd = kind.equals("-inf") ? t < 2 || t % 3 == 0 : t % 5 == 0;
      switch (kind) {
        case "1e4" -> set(values, q, 200, k, odd ? 200 : 0);
        case "-1e4" -> set(values, q, 200, k, odd ? -200 : 0);
        case "-inf" -> set(values, q, 1e30f, k, odd ? -1e30f : 0);
        default -> {
          Arrays.fill(values, q, q + WIDTH, 1);
          Arrays.fill(values, k, k + WIDTH, 0.75f);
        }
      }
    }
    return values;
  }

  private static void set(float[] values, int q, float query, int k, float key) {
    values[q] = query;
    values[k] = key;
  }

  @ParameterizedTest
  @ValueSource(strings = {"nd4j", "cpu", "gpu", "gpu bf16"})
  void areWhatTheFormulasSay(String name) {
    try (Backend backend = TestBackends.open(name)) {
      for (String kind : KINDS) {
        areWhatTheFormulasSay(backend, kind);
      }
    }
  }

  /// Scores that no float holds are no extremes to it.
  @ParameterizedTest
  @ValueSource(strings = {"1e4", "equal"})
  void areInDouble(String kind) {
    try (Backend backend = Backends.reference()) {
      areWhatTheFormulasSay(backend, kind);
    }
  }

  private static void areWhatTheFormulasSay(Backend backend, String kind) {
    boolean inBf16 = backend.storage() == ElementType.BF16;
    float[] qkv = inBf16 ? AttentionRun.inBf16(qkv(kind)) : qkv(kind);
    float[] normals = AttentionRun.normals("dy", LENGTH * WIDTH, 1);
    float[] dy = inBf16 ? AttentionRun.inBf16(normals) : normals;
    double share = inBf16 ? 1e-2 : 5e-3; // what is stored is off by 2e-3, and so are probabilities
    AttentionRun want = AttentionRun.plain(qkv, dy, WIDTH);
    AttentionRun got = AttentionRun.of(backend, qkv, dy, WIDTH);
    assertClose("y", got.y, want.y, WIDTH, share);
    assertClose("dqkv", got.dqkv, want.dqkv, 3 * WIDTH, share);
    for (int position : new int[] {1, 17, LENGTH - 1}) {
      double[] y = Arrays.copyOfRange(want.y, position * WIDTH, (position + 1) * WIDTH);
      assertClose(kind + ", step " + position, step(backend, qkv, position), y, WIDTH, share);
    }
  }

  /// y (D) of one position, the keys and values before it in their caches.
  private static double[] step(Backend backend, float[] qkv, int position) {
    float[] keys = new float[LENGTH * WIDTH];
    float[] values = new float[LENGTH * WIDTH];
    Arrays.fill(keys, Float.NaN);
    Arrays.fill(values, Float.NaN);
    for (int t = 0; t < position; t++) {
      System.arraycopy(qkv, (3 * t + 1) * WIDTH, keys, t * WIDTH, WIDTH);
      System.arraycopy(qkv, (3 * t + 2) * WIDTH, values, t * WIDTH, WIDTH);
    }
    int from = 3 * position * WIDTH;
    float[] row = Arrays.copyOfRange(qkv, from, from + 3 * WIDTH);
    try (Scope scope = backend.open("step")) {
      Tensor y = scope.floats(1, WIDTH);
      backend
          .causalAttention()
          .attendStep(
              tensor(backend, scope, row, 1, 3 * WIDTH),
              1,
              position,
              tensor(backend, scope, keys, 1, LENGTH, WIDTH),
              tensor(backend, scope, values, 1, LENGTH, WIDTH),
              y);
      return backend.readDoubles(y);
    }
  }

  /// A float near 1e4 is off by up to 5e-4, and so are probabilities and gradients, by as much as
  /// is in their channel.
  private static void assertClose(
      String what, double[] got, double[] want, int channels, double share) {
    double[] sizes = new double[channels];
    sizes[0] = what.equals("dqkv") ? share < 1e-2 ? 20 : 200 : 0; // of a key of 200, 5e-4 or 2e-3
    for (int k = 0; k < want.length; k++) {
      sizes[k % channels] = Math.max(sizes[k % channels], Math.abs(want[k]));
    }
    for (int k = 0; k < want.length; k++) {
      assertThat(Math.abs(got[k] - want[k]))
          .as("%s[%d]: got %s, want %s", what, k, got[k], want[k])
          .isLessThanOrEqualTo(share * (1 + sizes[k % channels]));
    }
  }
}
