package dev.hindsight.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DegreesTest {
  private static final int[] IN = {1, 2, 2, 5, 9};
  private static final int[] OUT = {0, 2, 2, 4, 5, 9, 12};

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theStaircaseIsTheDegreeCondition(boolean strict) {
    Degrees d = new Degrees(IN, OUT, strict);
    long count = 0;
    for (int o = 0; o < OUT.length; o++) {
      for (int i = 0; i < IN.length; i++) {
        boolean exists = strict ? OUT[o] > IN[i] : OUT[o] >= IN[i];
        assertThat(i < d.live(o)).as("w[%d,%d]", o, i).isEqualTo(exists);
        assertThat(o >= d.firstOutput(i)).as("w[%d,%d]", o, i).isEqualTo(exists);
        count += exists ? 1 : 0;
      }
    }
    assertThat(d.count()).isEqualTo(count);
  }

  @Test
  void unsortedDegreesAreRefused() {
    assertThatThrownBy(() -> new Degrees(new int[] {1, 3, 2}, OUT, false))
        .hasMessage("degrees: 'in' must ascend but has 3 before 2 at 2; sort the hidden units");
  }
}
