package dev.hindsight.quality;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ManifoldTest {
  private static final float[][] LINE = {{0}, {1}, {3}, {7}, {20}};

  @Test
  void reachesAsFarAsTheNearestNeighbourOfEach() {
    float[][] at = {{-1}, {-1.1f}, {2}, {5}, {5.1f}, {11}, {11.1f}, {32.9f}, {33.1f}};
    assertThat(new Manifold(LINE, 1).holds(at)) // radii 1, 1, 2, 4, 13
        .containsExactly(true, false, true, true, true, true, true, true, false);
  }

  @Test
  void aFartherNeighbourReachesFarther() {
    assertThat(
            new Manifold(LINE, 2).holds(new float[][] {{-3}, {-3.1f}, {37.1f}})) // 3, 2, 3, 6, 17
        .containsExactly(true, false, false);
    assertThat(new Manifold(LINE, 4).holds(new float[][] {{-20}, {-20.1f}}))
        .containsExactly(true, false);
  }

  /// Samples of one kind alone: precise, but most real images are out of reach.
  @Test
  void aSetOfOneKindIsPreciseAndRecallsLittle() {
    float[][] real = new float[40][2];
    float[][] samples = new float[20][2];
    for (int k = 0; k < 40; k++) {
      real[k] = new float[] {k / 4 * 100, k % 4};
    }
    for (int k = 0; k < 20; k++) {
      samples[k] = new float[] {0, k % 4 * 0.9f};
    }
    assertThat(new Manifold(real, 3).holds(samples)).containsOnly(true);
    boolean[] recalled = new Manifold(samples, 3).holds(real);
    for (int k = 0; k < 40; k++) {
      assertThat(recalled[k]).as("%d", k).isEqualTo(k == 0); // all others lie beyond radii of 0
    }
  }
}
