package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClockTest {
  private static final long SECOND = 1_000_000_000L;
  private long now = 7 * SECOND;

  @Test
  void throughputLeavesOutWhatLiesBetweenEpochs() {
    Clock clock = new Clock(2, 4, 10, 2, 50, () -> now); // resumed: two steps were done in 50 s
    clock.startTraining();
    now += SECOND;
    clock.tick(1, 3, 100);
    now += SECOND;
    Progress before = clock.tick(1, 4, 100);
    assertThat(before.imagesPerSecond()).isEqualTo(10);
    assertThat(before.secondsLeft()).isEqualTo(4);
    now += 6 * SECOND; // an evaluation
    assertThat(clock.imagesPerSecond()).isEqualTo(10);
    clock.startTraining();
    now += SECOND;
    Progress after = clock.tick(2, 5, 100);
    assertThat(after.imagesPerSecond()).isEqualTo(10);
    assertThat(clock.trainingSeconds()).isEqualTo(53);
    assertThat(after.secondsLeft()).isEqualTo(9); // 3 steps at 9 s for 3, the evaluation included
  }
}
