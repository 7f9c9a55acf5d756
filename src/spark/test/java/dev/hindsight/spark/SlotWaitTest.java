package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SlotWaitTest {
  private static final long SECOND = 1_000_000_000;
  private static final int UNKNOWN = Integer.MAX_VALUE;

  @Test
  void thoseThatWereAskedForHaveAllThePatience() {
    SlotWait wait = SlotWait.first(4, UNKNOWN, 40);
    assertThat(wait.ends(2, 30 * SECOND, 39 * SECOND)).isFalse();
    assertThat(wait.ends(2, 30 * SECOND, 41 * SECOND)).isTrue();
    assertThat(wait.ends(4, 0, SECOND)).isTrue();
  }

  @Test
  void withoutANumberTheLastThatCameEndsItTenSecondsLater() {
    SlotWait wait = SlotWait.first(0, UNKNOWN, 40);
    assertThat(wait.ends(2, 9 * SECOND, 20 * SECOND)).isFalse();
    assertThat(wait.ends(2, 11 * SECOND, 20 * SECOND)).isTrue();
    assertThat(wait.ends(0, 11 * SECOND, 20 * SECOND)).isFalse();
  }

  @Test
  void noMoreAreWaitedForThanThereCanBe() {
    SlotWait all = SlotWait.first(0, 2, 40);
    assertThat(all.ends(1, 30 * SECOND, 39 * SECOND)).isFalse();
    assertThat(all.ends(2, 0, 0)).isTrue();
    assertThat(SlotWait.first(4, 2, 40).ends(2, 0, 0)).isTrue();
  }

  @Test
  void afterALossThoseThatAreLeftGoOnTenSecondsLater() {
    SlotWait wait = SlotWait.again(4, 40);
    assertThat(wait.ends(2, 9 * SECOND, 20 * SECOND)).isFalse();
    assertThat(wait.ends(2, 11 * SECOND, 20 * SECOND)).isTrue();
  }
}
