package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// NaN at one position in the backward pass reaches what sees it, and nothing else. Bits stay the
/// same but on the cpu, where another order of sums is taken when something is not finite.
@Tag("slow")
class AttentionPoisonTest {
  private static final int WIDTH = 20;
  private static final int CHANNEL = 3;

  private final float[] qkv = AttentionRun.normals("qkv", 230 * 3 * WIDTH, 1);
  private final float[] dy = AttentionRun.normals("dy", 230 * WIDTH, 1);

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

  @ParameterizedTest
  @CsvSource({
    "double, 57, 31",
    "nd4j, 57, 31",
    "cpu, 230, 111",
    "cpu, 230, 170",
    "cpu bf16, 230, 111",
    "cpu bf16, 230, 170",
    "software-gpu, 57, 31",
    "software-gpu, 230, 111",
    "software-gpu, 230, 112",
    "software-gpu tf32, 230, 111",
    "software-gpu tf32, 230, 170",
    "software-gpu bf16, 230, 112",
    "software-gpu bf16, 230, 229"
  })
  void reachesOnlyWhatSeesIt(String name, int length, int at) {
    double unit = name.startsWith("cpu") ? 2e-5 : 0;
    // Where another sum lies beyond a number half way, the next one is stored.
    double ulp = name.equals("cpu bf16") ? 0x1p-7 : 0;
    float[] x = Arrays.copyOf(qkv, length * 3 * WIDTH);
    float[] up = Arrays.copyOf(dy, length * WIDTH);
    try (Backend backend = AttentionRun.open(name)) {
      double[] clean = AttentionRun.of(backend, x, up, WIDTH).dqkv;
      float[] poisoned = up.clone();
      poisoned[at * WIDTH + CHANNEL] = Float.NaN;
      check(
          AttentionRun.of(backend, x, poisoned, WIDTH).dqkv,
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
        poisoned[(3 * at + dirty.place) * WIDTH + CHANNEL] = Float.NaN;
        check(
            AttentionRun.of(backend, poisoned, up, WIDTH).dqkv,
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

  private static void check(double[] got, double[] clean, double unit, double ulp, Spoilt spoilt) {
    for (int k = 0; k < got.length; k++) {
      Part part = Part.values()[k / WIDTH % 3];
      int t = k / (3 * WIDTH);
      if (spoilt.is(part, t, k % WIDTH)) {
        assertThat(got[k]).as("d%s[%d,%d]", part, t, k % WIDTH).isNaN();
      } else {
        assertThat(Math.abs(got[k] - clean[k]))
            .as("d%s[%d,%d]", part, t, k % WIDTH)
            .isLessThanOrEqualTo(unit + ulp * Math.abs(clean[k]));
      }
    }
  }
}
