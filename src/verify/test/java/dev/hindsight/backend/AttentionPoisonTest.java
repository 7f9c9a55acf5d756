package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// NaN at one position in the backward pass reaches what sees it, and nothing else. Bits stay the
/// same but on the cpu, where another order of sums is taken when something is not finite.
@Tag("slow")
class AttentionPoisonTest {
  private static final int CHANNEL = 3;

  /// A part of (T,3D): q, k or v.
  private enum Part {
    Q(0),
    K(1),
    V(2);

    final int place;

    Part(int place) {
      this.place = place;
    }
  }

  /// What may be NaN in row `t` of a part of the gradient.
  private interface Spoilt {
    boolean is(Part part, int t, int d);
  }

  /// In bf16 a kernel of its own takes rows that are aligned, of 32 and of 64 channels.
  @ParameterizedTest
  @CsvSource({
    "double, 20, 57, 31",
    "nd4j, 20, 57, 31",
    "cpu, 20, 230, 111",
    "cpu, 20, 230, 170",
    "cpu bf16, 20, 230, 111",
    "cpu bf16, 20, 230, 170",
    "gpu, 20, 57, 31",
    "gpu, 20, 230, 111",
    "gpu, 20, 230, 112",
    "gpu tf32, 20, 230, 111",
    "gpu tf32, 20, 230, 170",
    "gpu bf16, 20, 230, 112",
    "gpu bf16, 20, 230, 229",
    "gpu bf16, 32, 150, 63",
    "gpu bf16, 32, 150, 127",
    "gpu bf16, 64, 150, 21",
    "gpu bf16, 64, 150, 64"
  })
  void reachesOnlyWhatSeesIt(String name, int width, int length, int at) {
    double unit = name.startsWith("cpu") ? 2e-5 : 0;
    // Where another sum lies beyond a number half way, the next one is stored.
    double ulp = name.equals("cpu bf16") ? 0x1p-7 : 0;
    float[] x = AttentionRun.normals("qkv", length * 3 * width, 1);
    float[] up = AttentionRun.normals("dy", length * width, 1);
    try (Backend backend = TestBackends.open(name)) {
      double[] clean = AttentionRun.of(backend, x, up, width).dqkv;
      float[] poisoned = up.clone();
      poisoned[at * width + CHANNEL] = Float.NaN;
      check(
          width,
          AttentionRun.of(backend, x, poisoned, width).dqkv,
          clean,
          unit,
          ulp,
          (part, t, d) ->
              switch (part) {
                case Q -> t == at;
                case K -> t <= at;
                case V -> t <= at && d == CHANNEL;
              });
      for (Part dirty : Part.values()) {
        poisoned = x.clone();
        poisoned[(3 * at + dirty.place) * width + CHANNEL] = Float.NaN;
        check(
            width,
            AttentionRun.of(backend, poisoned, up, width).dqkv,
            clean,
            unit,
            ulp,
            (part, t, d) ->
                switch (dirty) {
                  case Q -> part == Part.Q ? t == at : t <= at;
                  case K -> part != Part.Q || t >= at;
                  case V -> part == Part.Q ? t >= at : part == Part.K;
                });
      }
    }
  }

  private static void check(
      int width, double[] got, double[] clean, double unit, double ulp, Spoilt spoilt) {
    for (int k = 0; k < got.length; k++) {
      Part part = Part.values()[k / width % 3];
      int t = k / (3 * width);
      if (spoilt.is(part, t, k % width)) {
        assertThat(got[k]).as("d%s[%d,%d]", part, t, k % width).isNaN();
      } else {
        assertThat(Math.abs(got[k] - clean[k]))
            .as("d%s[%d,%d]", part, t, k % width)
            .isLessThanOrEqualTo(unit + ulp * Math.abs(clean[k]));
      }
    }
  }
}
