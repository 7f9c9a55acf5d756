package dev.hindsight.bench.gpuday;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static Part part(String name, double guessed) {
    return new Part(name, guessed, Map::of);
  }

  @Test
  void aPartIsExpectedToTakeItsGuessWhileNoneLikeItIsDone() {
    Pace pace = new Pace();
    assertThat(pace.expect(part("ops bf16", 40))).isEqualTo(40);
    pace.took(part("verify fp32", 25), 100);
    assertThat(pace.expect(part("ops bf16", 40))).isEqualTo(40);
  }

  @Test
  void theSlowestOfThoseMostLikeItDecides() {
    Pace pace = new Pace();
    pace.took(part("step made reference fp32", 4), 1);
    assertThat(pace.expect(part("step wavenet reference fp32", 4))).isEqualTo(1);
    pace.took(part("step wavenet reference fp32", 4), 10);
    assertThat(pace.expect(part("step wavenet reference bf16", 4))).isEqualTo(10);
    assertThat(pace.expect(part("step made reference bf16", 4))).isEqualTo(1);
    assertThat(pace.expect(part("step lstm base fp32", 8))).isEqualTo(20);
    pace.took(part("step wavenet base fp32", 4), 2);
    assertThat(pace.expect(part("step wavenet base bf16", 4))).isEqualTo(2);
    assertThat(pace.expect(part("step wavenet other", 4))).isEqualTo(10);
  }
}
