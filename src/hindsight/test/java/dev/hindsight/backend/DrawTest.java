package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.random.RandomKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrawTest {
  @ParameterizedTest
  @CsvSource({"0, 0, 0", "-1, 1, 10000", "1311768467463790320, -81985529216486896, 1099511627777"})
  void comesBackFromItsWords(long seed, long stream, long first) {
    Draw draw = new Draw(new RandomKey(seed, stream), first);
    assertThat(draw.words()).hasSize(Draw.SIZE);
    assertThat(Draw.of(draw.words())).isEqualTo(draw);
  }

  /// As three numbers of 64 bits lie in memory, which is how kernels read them.
  @Test
  void hasTheLowerWordFirst() {
    Draw draw = new Draw(new RandomKey(0x2_0000_0001L, 0x4_0000_0003L), 0x6_ffff_ffffL);
    assertThat(draw.words()).containsExactly(1, 2, 3, 4, -1, 6);
  }
}
