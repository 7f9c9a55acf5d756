package dev.hindsight.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import org.junit.jupiter.api.Test;

class EstimateTest {
  private static final RandomKey KEY = RandomKey.of(7);

  @Test
  void isTheSameWheneverTheKeyIs() {
    double[] numbers = Philox.normals(KEY, 101);
    assertThat(Estimate.ofMean(numbers, KEY)).isEqualTo(Estimate.ofMean(numbers, KEY));
    assertThat(Estimate.ofMean(numbers, KEY.fold(1))).isNotEqualTo(Estimate.ofMean(numbers, KEY));
  }

  /// Of the mean of 400 normals of deviation 1 it reaches 1.96 / 20 to either side.
  @Test
  void reachesAsFarAsTheMeanVaries() {
    Estimate found = Estimate.ofMean(Philox.normals(KEY, 400), KEY);
    assertThat(found.high() - found.value()).isCloseTo(0.098, within(0.03));
    assertThat(found.value() - found.low()).isCloseTo(0.098, within(0.03));
  }

  /// What drawing with replacement adds, it takes away.
  @Test
  void liesAroundAFigureThatIsTooLargeOfDrawnSets() {
    double[] numbers = Philox.normals(KEY, 50);
    Estimate found =
        Estimate.of(
            50,
            KEY,
            set -> {
              double squares = 0;
              int[] times = new int[50];
              for (int k : set) {
                times[k]++;
              }
              for (int k = 0; k < 50; k++) {
                squares += times[k] * times[k] + 0.1 * times[k] * numbers[k];
              }
              return squares;
            });
    assertThat(found.low()).isLessThan(found.value());
    assertThat(found.high()).isGreaterThan(found.value());
  }

  @Test
  void ofAShareStaysOne() {
    boolean[] members = new boolean[31];
    assertThat(Estimate.ofShare(members, KEY)).isEqualTo(new Estimate(0, 0, 0));
    members[3] = true;
    Estimate found = Estimate.ofShare(members, KEY);
    assertThat(found.value()).isCloseTo(1 / 31.0, within(1e-12));
    assertThat(found.low()).isBetween(0.0, found.value());
  }

  @Test
  void percentilesLieBetweenTheNearest() {
    double[] sorted = {1, 2, 4};
    assertThat(Estimate.percentile(sorted, 0)).isEqualTo(1);
    assertThat(Estimate.percentile(sorted, 0.75)).isEqualTo(3);
    assertThat(Estimate.percentile(sorted, 1)).isEqualTo(4);
  }
}
