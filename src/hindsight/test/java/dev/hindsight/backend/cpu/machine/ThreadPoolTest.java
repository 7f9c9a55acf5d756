package dev.hindsight.backend.cpu.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The pool: every share once, failures to the caller, sleep and waking.
class ThreadPoolTest {
  private static int[] counted(ThreadPool workers, int shares) {
    AtomicInteger[] times = new AtomicInteger[shares];
    Arrays.setAll(times, k -> new AtomicInteger());
    workers.run(shares, (index, worker) -> times[index].incrementAndGet());
    return Arrays.stream(times).mapToInt(AtomicInteger::get).toArray();
  }

  private static int[] ones(int count) {
    int[] ones = new int[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void runEveryShareOnce(int threads) {
    try (ThreadPool workers = new ThreadPool(threads)) {
      for (int shares : new int[] {0, 1, 2, 3, 31, 1000}) {
        assertThat(counted(workers, shares)).isEqualTo(ones(shares));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void throwWhatAShareThrowsAndGoOn(int threads) {
    try (ThreadPool workers = new ThreadPool(threads)) {
      for (int failing = 0; failing < 5; failing++) {
        int bad = failing;
        assertThatThrownBy(
                () ->
                    workers.run(
                        5,
                        (index, worker) -> {
                          if (index == bad) {
                            throw new IllegalStateException("share " + index);
                          }
                        }))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("share " + bad);
        assertThat(counted(workers, 9)).isEqualTo(ones(9));
      }
    }
  }

  /// Jobs that come while the others spin, while they fall asleep and while they sleep.
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void wakeUpWhateverTheOthersAreDoing(int threads) {
    try (ThreadPool workers = new ThreadPool(threads)) {
      for (int job = 0; job < 2000; job++) {
        LockSupport.parkNanos(job % 100 * 1000L);
        assertThat(counted(workers, 4)).isEqualTo(ones(4));
      }
    }
  }
}
