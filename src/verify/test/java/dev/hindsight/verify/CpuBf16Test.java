package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.testing.CpuInBf16;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Whole models with activations in bf16 on the cpu.
@Tag("slow")
class CpuBf16Test {
  private static List<String> failures(Verification verification, List<Row> rows) {
    assertThat(rows).isNotEmpty();
    List<String> failed =
        new ArrayList<>(rows.stream().filter(r -> !r.passed()).map(Row::toString).toList());
    if (!verification.holds()) {
      failed.add(verification.summary());
    }
    return failed;
  }

  @Test
  void noModelLooksAheadAndNaNReachesNothingBefore() {
    List<Row> rows = new ArrayList<>();
    try (Backend backend = CpuInBf16.open()) {
      Verification verification = new Verification(backend, rows::add);
      verification.causality(null);
      assertThat(failures(verification, rows)).isEmpty();
    }
  }

  @Test
  void samplersDrawWhatTheFullPassSays() {
    List<Row> rows = new ArrayList<>();
    try (Backend backend = CpuInBf16.open()) {
      Verification verification = new Verification(backend, rows::add);
      verification.sampling(null);
      assertThat(failures(verification, rows)).isEmpty();
    }
  }

  @Test
  void stepsStayTogetherWithTheReference() {
    try (Backend checked = CpuInBf16.open();
        Backend reference = Backends.referenceInFloat(checked.storage())) {
      TrainingParity found = TrainingParity.of(checked, reference, 64, 50);
      assertThat(found.holds()).as(found.text()).isTrue();
      assertThat(found.losses()).hasSize(50);
      assertThat(found.losses()[9]).isLessThan(found.losses()[0] - 1);
    }
  }
}
