package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// MADE training steps on the software GPU against the same on the reference, which rounds what it
/// stores where the software GPU does.
@Tag("slow")
class TrainingParityTest {
  @ParameterizedTest
  @EnumSource
  void stepsStayTogether(Precision precision) {
    int steps = precision == Precision.BF16 ? 50 : 10;
    try (Backend checked = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision);
        Backend reference = Backends.referenceInFloat(checked.storage())) {
      TrainingParity found = TrainingParity.of(checked, reference, 64, steps);
      assertThat(found.holds()).as(found.text()).isTrue();
      assertThat(found.losses()).hasSize(steps);
      assertThat(found.losses()[9]).isLessThan(found.losses()[0] - 1);
    }
  }
}
