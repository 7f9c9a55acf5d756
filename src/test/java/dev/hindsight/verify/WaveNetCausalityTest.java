package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.model.WaveNet;
import dev.hindsight.model.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.verify.Causality.Change;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// WaveNet at all 784 positions, with every dilation of the presets.
class WaveNetCausalityTest {
  private static final RandomKey KEY = RandomKey.of(7);

  @ParameterizedTest
  @CsvSource({"nd4j, POISON", "cpu, FLIP", "cpu, POISON"})
  void neverLooksAhead(String name, Change change) {
    try (Backend backend = Backends.open(name);
        WaveNet net = new WaveNetConfig(3, 9, 9).create(backend, KEY)) {
      Causality.Finding finding = Causality.check(backend, net, change);
      assertThat(finding.leaks()).isEmpty();
      assertThat(finding.reached()).isPositive();
    }
  }
}
