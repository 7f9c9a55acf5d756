package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import org.junit.jupiter.api.Test;

class ClockTest {
  private static final long SECOND = 1_000_000_000L;
  private long now = 7 * SECOND;

  @Test
  void throughputLeavesOutWhatLiesBetweenEpochs() {
    Clock clock = new Clock(2, 4, 10, 2, 50, () -> now); // resumed: two steps were done in 50 s
    clock.startTraining();
    now += 10 * SECOND;
    clock.tick(1, 3, 100, ImageShape.MNIST);
    now += 10 * SECOND;
    Progress before = clock.tick(1, 4, 100, ImageShape.MNIST);
    assertThat(before.imagesPerSecond()).isEqualTo(1);
    assertThat(before.secondsLeft()).isEqualTo(40);
    now += 60 * SECOND; // an evaluation
    assertThat(clock.imagesPerSecond()).isEqualTo(1);
    clock.startTraining();
    now += 10 * SECOND;
    Progress after = clock.tick(2, 5, 100, ImageShape.MNIST);
    assertThat(after.imagesPerSecond()).isEqualTo(1);
    assertThat(clock.trainingSeconds()).isEqualTo(80);
    assertThat(after.secondsLeft()).isEqualTo(90); // 3 steps at 90 s for 3, the evaluation included
  }

  /// The first of many steps, in which the JIT compiles, say nothing of those to come.
  @Test
  void whatIsLeftIsUnknownUntilStepsAreMeasured() {
    Clock clock = new Clock(1, 100, 10, 0, 0, () -> now);
    clock.startTraining();
    now += SECOND / 5; // while the JIT compiles
    for (int step = 1; step <= 20; step++) {
      now += SECOND / 10;
      assertThat(clock.tick(1, step, 100, ImageShape.MNIST).secondsLeft()).isNaN();
    }
    now += SECOND / 10;
    assertThat(clock.tick(1, 21, 100, ImageShape.MNIST).secondsLeft()).isEqualTo(7.9);
  }
}
