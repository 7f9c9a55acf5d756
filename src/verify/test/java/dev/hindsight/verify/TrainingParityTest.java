package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.TestBackends;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// MADE training steps on the software GPU, and on the cpu in bf16, against the same on the
/// reference, which rounds what it stores where they do.
@Tag("slow")
class TrainingParityTest {
  /// An epoch of the embedded digits has 125 steps of 64 images.
  @Test
  @Tag("exhaustive")
  void stepsGoOnAfterAnEpoch() {
    int epoch = 125;
    try (Backend checked = Backends.open("cpu");
        Backend reference = Backends.referenceInFloat(checked.storage())) {
      TrainingParity found = TrainingParity.of(checked, reference, 16, epoch + 5);
      assertThat(found.holds()).as(found.text()).isTrue();
      for (double[] losses : List.of(found.losses(), found.reference())) {
        double[] second = Arrays.copyOfRange(losses, epoch, epoch + 5);
        assertThat(second).as("of the second epoch").hasSize(5).doesNotHaveDuplicates();
        assertThat(Arrays.stream(second).min().orElseThrow()).isGreaterThan(losses[0] / 3);
        assertThat(Arrays.stream(second).max().orElseThrow()).isLessThan(losses[0]);
        assertThat(second[0]).as("other images than the first epoch's").isNotEqualTo(losses[0]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"gpu, 10", "gpu tf32, 10", "gpu bf16, 10", "cpu bf16, 20"})
  void stepsStayTogether(String name, int steps) {
    try (Backend checked = TestBackends.open(name);
        Backend reference = Backends.referenceInFloat(checked.storage())) {
      TrainingParity found = TrainingParity.of(checked, reference, 64, steps);
      assertThat(found.holds()).as(found.text()).isTrue();
      assertThat(found.losses()).hasSize(steps);
      assertThat(found.losses()[9]).isLessThan(found.losses()[0] - 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu bf16", "cpu bf16"})
  @Tag("exhaustive")
  void manyStepsOfBf16StayTogether(String name) {
    stepsStayTogether(name, 50);
  }
}
