package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Ten MADE training steps on the software GPU against the same ten on the reference.
@Tag("slow")
class TrainingParityTest {
  @ParameterizedTest
  @EnumSource
  void tenStepsStayTogether(Precision precision) {
    try (Backend checked = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision);
        Backend reference = Backends.open("nd4j")) {
      TrainingParity found = TrainingParity.of(checked, reference, 64, 10);
      assertThat(found.holds()).as(found.text()).isTrue();
      assertThat(found.losses()).hasSize(10);
      assertThat(found.losses()[9]).isLessThan(found.losses()[0] - 1);
    }
  }
}
