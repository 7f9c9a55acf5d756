package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `attention_stream.cuh` promises of bf16 in memory: results and gradients of the formulas in
/// double from the same rounded numbers, at lengths around its tiles, with rows aligned or not; the
/// same bits whenever and in whatever order warps run; and that a NaN reaches who sees it alone.
@Tag("slow")
class AttentionInBf16Test {
  private static final String NAME = "software-gpu bf16";
  private static final String[] PARTS = {"dq", "dk", "dv"};

  private static float[] qkv(int length, int width) {
    return AttentionRun.inBf16(AttentionRun.normals("qkv", length * 3 * width, 1));
  }

  private static float[] dy(int length, int width) {
    return AttentionRun.inBf16(AttentionRun.normals("dy", length * width, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 32", "31, 64", "64, 48", "65, 24", "113, 32", "113, 64", "127, 33", "129, 16", "200, 37",
    "200, 64", "784, 32", "784, 64"
  })
  void agreesWithTheFormulasInDouble(int length, int width) {
    float[] qkv = qkv(length, width);
    float[] dy = dy(length, width);
    AttentionRun want = AttentionRun.plain(qkv, dy, width);
    try (Backend backend = AttentionRun.open(NAME)) {
      AttentionRun got = AttentionRun.of(backend, qkv, dy, width);
      assertClose("y", got.y, want.y, length, width, 0);
      for (int part = 0; part < 3; part++) {
        assertClose(PARTS[part], got.dqkv, want.dqkv, length, 3 * width, part * width);
      }
    }
  }

  /// Rounding to bf16, by up to 2^-9, happens to p, to ds and to the result. A row is off by that
  /// much of its own size, and of the size that its sums pass through.
  private static void assertClose(
      String what, double[] got, double[] want, int length, int pitch, int from) {
    int width = what.equals("y") ? pitch : pitch / 3;
    for (int t = 0; t < length; t++) {
      double squares = 0;
      for (int d = 0; d < width; d++) {
        squares += want[t * pitch + from + d] * want[t * pitch + from + d];
      }
      double allowed = 0.01 + 0.02 * Math.sqrt(squares / width);
      for (int d = 0; d < width; d++) {
        int k = t * pitch + from + d;
        assertThat(Math.abs(got[k] - want[k]))
            .as("%s[%d,%d]: got %s, want %s", what, t, d, got[k], want[k])
            .isLessThanOrEqualTo(allowed);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"330, 32", "200, 64", "113, 20"})
  void hasTheSameBitsUnderEverySchedule(int length, int width) {
    float[] qkv = qkv(length, width);
    float[] dy = dy(length, width);
    AttentionRun want = underSchedule(0, qkv, dy, width);
    for (long seed = 0; seed <= 5; seed++) {
      AttentionRun got = underSchedule(seed, qkv, dy, width);
      assertThat(got.y).as("y, seed %d", seed).isEqualTo(want.y);
      assertThat(got.dqkv).as("dqkv, seed %d", seed).isEqualTo(want.dqkv);
    }
  }

  private static AttentionRun underSchedule(long seed, float[] qkv, float[] dy, int width) {
    SoftwareGpu gpu = new SoftwareGpu(seed, false, false, 0);
    try (Backend backend = Backends.openSoftwareGpu(gpu, Precision.BF16)) {
      return AttentionRun.of(backend, qkv, dy, width);
    }
  }

  /// Keys and values behind a position move no bit of its result, nor of its query's gradient.
  @ParameterizedTest
  @CsvSource({"NaN, 32", "Infinity, 32", "NaN, 64", "NaN, 20"})
  void keysAndValuesBehindAreNotSeen(float poison, int width) {
    int length = 150;
    float[] qkv = qkv(length, width);
    float[] dy = dy(length, width);
    try (Backend backend = AttentionRun.open(NAME)) {
      AttentionRun want = AttentionRun.of(backend, qkv, dy, width);
      for (int i : new int[] {0, 5, 21, 22, 62, 63, 64, 100, 127, 148}) {
        float[] poisoned = qkv.clone();
        for (int t = i + 1; t < length; t++) {
          Arrays.fill(poisoned, (3 * t + 1) * width, 3 * (t + 1) * width, poison);
        }
        AttentionRun got = AttentionRun.of(backend, poisoned, dy, width);
        for (int t = 0; t < length; t++) {
          boolean sees = t > i;
          for (int d = 0; d < width; d++) {
            int y = t * width + d;
            int dq = 3 * t * width + d;
            if (sees) {
              assertThat(got.y[y]).as("y[%d,%d] sees %d", t, d, i + 1).isNaN();
              assertThat(got.dqkv[dq]).as("dq[%d,%d] sees %d", t, d, i + 1).isNaN();
            } else {
              assertThat(got.y[y]).as("y[%d,%d] behind %d", t, d, i).isEqualTo(want.y[y]);
              assertThat(got.dqkv[dq]).as("dq[%d,%d], %d", t, d, i).isEqualTo(want.dqkv[dq]);
            }
          }
        }
      }
    }
  }

  /// Queries and gradients before a position move no bit of its key's and value's gradients.
  @ParameterizedTest
  @CsvSource({"NaN, 32", "Infinity, 32", "NaN, 64", "NaN, 20"})
  void queriesBeforeAreNotSeen(float poison, int width) {
    int length = 150;
    float[] qkv = qkv(length, width);
    float[] dy = dy(length, width);
    try (Backend backend = AttentionRun.open(NAME)) {
      AttentionRun want = AttentionRun.of(backend, qkv, dy, width);
      for (int i : new int[] {1, 5, 21, 22, 63, 64, 65, 100, 128, 149}) {
        float[] poisonedQkv = qkv.clone();
        float[] poisonedDy = dy.clone();
        for (int t = 0; t < i; t++) {
          Arrays.fill(poisonedQkv, 3 * t * width, (3 * t + 1) * width, poison);
        }
        Arrays.fill(poisonedDy, 0, i * width, poison);
        AttentionRun got = AttentionRun.of(backend, poisonedQkv, poisonedDy, width);
        for (int t = 0; t < length; t++) {
          for (int k = (3 * t + 1) * width; k < 3 * (t + 1) * width; k++) {
            if (t >= i) {
              assertThat(got.dqkv[k]).as("key %d, %d", t, i).isEqualTo(want.dqkv[k]);
            } else {
              assertThat(got.dqkv[k]).as("key %d is seen by %d", t, i - 1).isNaN();
            }
          }
        }
      }
    }
  }
}
