package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Causality.Change;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.CpuInBf16;
import dev.hindsight.verify.Sight;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class CausalityTest {
  private static final RandomKey KEY = RandomKey.of(7);

  private static void holds(Supplier<Backend> open, Change change) {
    try (Backend backend = open.get();
        Made made = MadeConfig.random(ImageShape.MNIST, 64, 2, KEY).create(backend, KEY)) {
      Causality.Finding finding = Causality.check(backend, made, change);
      assertThat(finding.leaks()).isEmpty();
      assertThat(finding.reached()).isPositive();
    }
  }

  static List<Arguments> everywhere() {
    Map<String, Supplier<Backend>> backends = new LinkedHashMap<>();
    backends.put("nd4j", () -> Backends.open("nd4j"));
    backends.put("cpu", () -> Backends.open("cpu"));
    backends.put("cpu in bf16", CpuInBf16::open);
    backends.put("software GPU", Backends::openSoftwareGpu);
    for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
      backends.put(
          "software GPU in " + precision.label(),
          () -> Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision));
    }
    return backends.entrySet().stream()
        .flatMap(
            each ->
                Stream.of(Change.values())
                    .map(change -> Arguments.of(Named.of(each.getKey(), each.getValue()), change)))
        .toList();
  }

  /// In each order by itself: what is later in raster order may be earlier in another.
  @ParameterizedTest
  @MethodSource("everywhere")
  void madeNeverLooksAheadInAnyOfItsOrders(Supplier<Backend> open, Change change) {
    try (Backend backend = open.get();
        Made made =
            MadeConfig.random(ImageShape.MNIST, 64, 2, KEY).withOrders(3, 7).create(backend, KEY)) {
      for (int order = 0; order < 3; order++) {
        made.turnTo(made.order(order));
        Causality.Finding finding = Causality.check(backend, made, change, 13);
        assertThat(finding.leaks()).isEmpty();
        assertThat(finding.reached()).isPositive();
      }
    }
  }

  /// By structure and by NaN at each pixel alone.
  @Test
  void inAnyOrderMadeSeesAllThatItMay() {
    try (Backend backend = Backends.open("cpu");
        Made made =
            MadeConfig.random(ImageShape.MNIST, 64, 2, KEY).withOrders(3, 7).create(backend, KEY)) {
      for (int order = 0; order < 3; order++) {
        made.turnTo(made.order(order));
        Sight seen = Sight.of(made);
        assertThat(seen).isEqualTo(Sight.measured(backend, made));
        int last = made.order().pixel(783);
        int first = made.order().pixel(0);
        assertThat(seen.of(first).cardinality()).isZero();
        assertThat(seen.sees(last, first)).isTrue();
      }
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
        Made made = MadeConfig.random(ImageShape.MNIST, 64, 1, KEY).create(backend, KEY)) {
      assertThat(Causality.check(backend, made, change, 1, 1).leaks()).hasSize(10);
    }
  }
}
