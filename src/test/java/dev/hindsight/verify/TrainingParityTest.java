package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import org.junit.jupiter.api.Test;

/// Ten MADE training steps on the software GPU against the same ten on the reference.
class TrainingParityTest {
  @Test
  void tenStepsStayTogether() {
    try (Backend checked = Backends.openSoftwareGpu();
        Backend reference = Backends.open("nd4j")) {
      TrainingParity found = TrainingParity.of(checked, reference, 64, 10);
      assertThat(found.holds()).as(found.text()).isTrue();
      assertThat(found.losses()).hasSize(10);
      assertThat(found.losses()[9]).isLessThan(found.losses()[0] - 1);
    }
  }
}
