package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Causality;
import dev.hindsight.model.Causality.Change;
import dev.hindsight.model.transformer.Transformer;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.random.RandomKey;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The Transformer never looks ahead. On the cpu that is asked of every position; elsewhere of one
/// in each 112 + 1, which lie in all blocks of rows and all over their tiles.
@Tag("slow")
class TransformerCausalityTest {
  private static final RandomKey KEY = RandomKey.of(7);
  private static final int COARSE = 113;

  private static void holds(Backend backend, Change change, int step) {
    try (backend;
        Transformer model =
            new TransformerConfig(ImageShape.MNIST, 8, 1, 2, 0).create(backend, KEY)) {
      Causality.Finding finding = Causality.check(backend, model, change, step);
      assertThat(finding.leaks()).isEmpty();
      assertThat(finding.reached()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void onTheReference(Change change) {
    holds(Backends.open("nd4j"), change, COARSE);
  }

  @ParameterizedTest
  @EnumSource
  void onTheCpu(Change change) {
    holds(Backends.open("cpu"), change, 1);
  }

  @ParameterizedTest
  @CsvSource({"FP32, FLIP", "FP32, POISON", "TF32, POISON", "BF16, POISON"})
  void onTheSoftwareGpu(Precision precision, Change change) {
    holds(Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision), change, COARSE);
  }
}
