package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.CpuInBf16;
import dev.hindsight.verify.Causality.Change;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("slow")
class CausalityTest {
  private static final RandomKey KEY = RandomKey.of(7);

  private static void holds(Supplier<Backend> open, Change change) {
    try (Backend backend = open.get();
        Made made = MadeConfig.random(64, 2, KEY).create(backend, KEY)) {
      Causality.Finding finding = Causality.check(backend, made, change);
      assertThat(finding.leaks()).isEmpty();
      assertThat(finding.reached()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void madeNeverLooksAheadOnTheReference(Change change) {
    holds(() -> Backends.open("nd4j"), change);
  }

  @ParameterizedTest
  @EnumSource
  void madeNeverLooksAheadOnTheCpu(Change change) {
    holds(() -> Backends.open("cpu"), change);
  }

  @ParameterizedTest
  @EnumSource
  void madeNeverLooksAheadOnTheSoftwareGpu(Change change) {
    holds(Backends::openSoftwareGpu, change);
  }

  @ParameterizedTest
  @EnumSource
  void madeNeverLooksAheadInTf32(Change change) {
    holds(() -> Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.TF32), change);
  }

  @ParameterizedTest
  @EnumSource
  void madeNeverLooksAheadInBf16(Change change) {
    holds(() -> Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.BF16), change);
  }

  @ParameterizedTest
  @EnumSource
  void madeNeverLooksAheadInBf16OnTheCpu(Change change) {
    holds(CpuInBf16::open, change);
  }

  /// The check itself: asked for one position more than the law grants, it must find every model
  /// guilty.
  @ParameterizedTest
  @EnumSource
  void seesALeak(Change change) {
    try (Backend backend = Backends.open("nd4j");
        Made made = MadeConfig.random(64, 1, KEY).create(backend, KEY)) {
      assertThat(Causality.check(backend, made, change, 1, 1).leaks()).hasSize(10);
    }
  }
}
