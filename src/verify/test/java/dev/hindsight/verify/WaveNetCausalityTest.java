package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Causality;
import dev.hindsight.model.Causality.Change;
import dev.hindsight.model.wavenet.WaveNet;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// WaveNet with every dilation of the presets, on the cpu at all 784 positions.
@Tag("slow")
class WaveNetCausalityTest {
  private static final RandomKey KEY = RandomKey.of(7);

  @ParameterizedTest
  @CsvSource({"nd4j, POISON, 27", "cpu, FLIP, 1", "cpu, POISON, 1"})
  void neverLooksAhead(String name, Change change, int step) {
    try (Backend backend = Backends.open(name);
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 3, 9, 9).create(backend, KEY)) {
      Causality.Finding finding = Causality.check(backend, net, change, step);
      assertThat(finding.leaks()).isEmpty();
      assertThat(finding.reached()).isPositive();
    }
  }

  /// Of so many channels that pairs of positions are filtered, as the dilations allow.
  @ParameterizedTest
  @EnumSource
  void neverLooksAheadByMinimalFiltering(Change change) {
    try (Backend backend = Backends.open("cpu");
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 96, 9, 9).create(backend, KEY)) {
      Causality.Finding finding = Causality.check(backend, net, change, 27);
      assertThat(finding.leaks()).isEmpty();
      assertThat(finding.reached()).isPositive();
    }
  }

  /// The step shares no factor with 28 nor with 64, so the positions lie in many columns and tiles.
  @ParameterizedTest
  @CsvSource({"FP32, FLIP, 193", "FP32, POISON, 97", "TF32, POISON, 193", "BF16, POISON, 193"})
  void neverLooksAheadOnTheSoftwareGpu(Precision precision, Change change, int step) {
    try (Backend backend = Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision);
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 3, 9, 9).create(backend, KEY)) {
      Causality.Finding finding = Causality.check(backend, net, change, step);
      assertThat(finding.leaks()).isEmpty();
      assertThat(finding.reached()).isPositive();
    }
  }
}
