package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.testing.CpuInBf16;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Whole models with activations in bf16 on the cpu.
@Tag("slow")
class CpuBf16Test {
  @Test
  void noModelLooksAheadAndSamplersDrawWhatTheFullPassSays() {
    List<Row> rows = new ArrayList<>();
    try (Backend backend = CpuInBf16.open()) {
      Verification verification = new Verification(backend, rows::add);
      verification.causality(null);
      verification.sampling(null);
      assertThat(rows).isNotEmpty().allSatisfy(r -> assertThat(r.detail()).isNull());
      assertThat(verification.holds()).as(verification.summary()).isTrue();
    }
  }
}
