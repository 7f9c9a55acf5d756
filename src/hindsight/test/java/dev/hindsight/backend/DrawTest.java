package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.random.RandomKey;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrawTest {
  @ParameterizedTest
  @CsvSource({"0, 0, 0", "-1, 1, 10000", "1311768467463790320, -81985529216486896, 1099511627777"})
  void comesBackFromItsPiecesAndEachIsExactInHalfOfAFloat(long seed, long stream, long first) {
    Draw draw = new Draw(new RandomKey(seed, stream), first);
    float[] pieces = draw.pieces();
    assertThat(pieces).hasSize(Draw.SIZE);
    for (float piece : pieces) {
      assertThat(piece).isBetween(0f, 65535f).isEqualTo(Math.round(piece));
    }
    assertThat(Draw.of(pieces)).isEqualTo(draw);
  }
}
