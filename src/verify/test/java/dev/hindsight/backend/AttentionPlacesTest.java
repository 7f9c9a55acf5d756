package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every element in its place, in every precision. Each query here likes two keys equally and all
/// others not at all, so that probabilities are one half, and what is left are sums of small
/// integers over powers of two, which rounding to tf32 or bf16 does not change. A tolerance for
/// rounding would let an element in a wrong place pass.
@Tag("slow")
class AttentionPlacesTest {
  private static final int LENGTH = 230;

  /// A code of `width` signs for keys 2m and 2m + 1; any two differ in a place at least.
  private static float code(int m, int d) {
    int bits = m * 40503 & 0xffff;
    return (bits >> d % 16 & 1) == 0 ? 8 : -8;
  }

  private static float[] qkv(int length, int width) {
    float[] values = AttentionRun.normals("values", length * 3 * width, 1);
    for (int t = 0; t < length; t++) {
      int liked = t == 0 ? 0 : t * 7919 % ((t + 1) / 2);
      for (int d = 0; d < width; d++) {
        values[3 * t * width + d] = code(liked, d);
        values[(3 * t + 1) * width + d] = code(t / 2, d);
        values[(3 * t + 2) * width + d] = sign(values[(3 * t + 2) * width + d]);
      }
    }
    return values;
  }

  private static float sign(float x) {
    return Math.abs(x) < 0.5f ? 0 : Math.signum(x);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cpu bf16", "gpu", "gpu tf32", "gpu bf16"})
  void halvesOfIntegersAreExact(String name) {
    try (Backend backend = TestBackends.open(name)) {
      check(backend, LENGTH, 16, 1e-4);
      check(backend, LENGTH, 64, 1e-4);
    }
  }

  /// Beyond the positions of which a block that owns a head holds dq: 832 on an H100.
  @ParameterizedTest
  @ValueSource(ints = {833, 1024})
  @Tag("exhaustive")
  void soInLongSequences(int length) {
    try (Backend backend = TestBackends.open("gpu bf16")) {
      check(backend, length, 32, 1.0 / 256); // the scale is no power of two
    }
  }

  private static void check(Backend backend, int length, int width, double share) {
    float[] qkv = qkv(length, width);
    float[] dy = AttentionRun.normals("dy", length * width, 1);
    for (int k = 0; k < dy.length; k++) {
      dy[k] = sign(dy[k]);
    }
    AttentionRun want = AttentionRun.plain(qkv, dy, width);
    assertThat(want.dqkv).contains(0.5, 1.0);
    AttentionRun got = AttentionRun.of(backend, qkv, dy, width);
    assertClose("y", got.y, want.y, share);
    assertClose("dqkv", got.dqkv, want.dqkv, share);
  }

  private static void assertClose(String what, double[] got, double[] want, double share) {
    for (int k = 0; k < want.length; k++) {
      assertThat(got[k])
          .as("%s[%d]", what, k)
          .isCloseTo(want[k], within(1e-3 + share * Math.abs(want[k])));
    }
  }
}
