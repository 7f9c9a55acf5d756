package dev.hindsight.backend.cpu.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Steps one after the other on several threads, some of which are late.
class RecurrenceTest {
  private static final int STEPS = 97;

  /// A share's new value needs all values of the step before, and replaces one in place.
  private static class Mixing implements Recurrence.Work {
    final int[][] values;
    final int[] times;
    private final int[] own;

    Mixing(int threads, int shares) {
      values = new int[STEPS + 1][shares];
      times = new int[shares];
      own = new int[threads];
      for (int k = 0; k < shares; k++) {
        values[0][k] = k + 1;
        for (int step = 0; step < STEPS; step++) {
          values[step + 1][k] = 7 * step + k; // what comes in from outside
        }
      }
    }

    @Override
    public void compute(int step, int share, int worker) {
      int sum = values[step + 1][share];
      for (int value : values[step]) {
        sum = 31 * sum + value;
      }
      own[worker] = sum;
    }

    @Override
    public void write(int step, int share, int worker) {
      values[step + 1][share] = own[worker];
      times[share]++;
    }
  }

  private static int[][] expected(int shares) {
    Mixing mixing = new Mixing(1, shares);
    for (int step = 0; step < STEPS; step++) {
      for (int share = 0; share < shares; share++) {
        mixing.compute(step, share, 0);
        mixing.write(step, share, 0);
      }
    }
    return mixing.values;
  }

  @ParameterizedTest
  @CsvSource({"1, 5", "2, 1", "2, 2", "2, 5", "3, 2", "3, 8", "7, 16"})
  void eachStepSeesTheWholeOfTheOneBefore(int threads, int shares) {
    try (ThreadPool workers = new ThreadPool(threads)) {
      for (int round = 0; round < 50; round++) {
        Mixing mixing = new Mixing(threads, shares);
        Recurrence.run(workers, STEPS, shares, mixing);
        assertThat(mixing.values).isDeepEqualTo(expected(shares));
        assertThat(mixing.times).containsOnly(STEPS);
      }
    }
  }

  /// One thread stops in the middle of a share until the others are ten steps on.
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void nobodyWaitsForAThreadThatIsLate(int threads) {
    CountDownLatch tenStepsOn = new CountDownLatch(1);
    AtomicBoolean stopped = new AtomicBoolean();
    Mixing mixing =
        new Mixing(threads, 5) {
          @Override
          public void compute(int step, int share, int worker) {
            super.compute(step, share, worker);
            if (step == 20 && share == 3 && stopped.compareAndSet(false, true)) {
              await(tenStepsOn);
              super.compute(step, share, worker);
            }
          }

          @Override
          public void write(int step, int share, int worker) {
            super.write(step, share, worker);
            if (step == 30) {
              tenStepsOn.countDown();
            }
          }
        };
    try (ThreadPool workers = new ThreadPool(threads)) {
      Recurrence.run(workers, STEPS, 5, mixing);
    }
    assertThat(stopped).isTrue();
    assertThat(mixing.values).isDeepEqualTo(expected(5));
    assertThat(mixing.times).containsOnly(STEPS);
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(5, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the others wait for this thread");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatAShareThrowsEndsAllSteps() {
    try (ThreadPool workers = new ThreadPool(2)) {
      Mixing broken =
          new Mixing(2, 5) {
            @Override
            public void compute(int step, int share, int worker) {
              if (step == 40) {
                throw new IllegalStateException("share " + share);
              }
              super.compute(step, share, worker);
            }
          };
      assertThatThrownBy(() -> Recurrence.run(workers, STEPS, 5, broken))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("share ");
      assertThat(broken.times).containsOnly(40);
      Mixing mixing = new Mixing(2, 5);
      Recurrence.run(workers, STEPS, 5, mixing);
      assertThat(mixing.values).isDeepEqualTo(expected(5));
    }
  }
}
