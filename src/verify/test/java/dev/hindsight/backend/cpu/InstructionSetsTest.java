package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Outcome;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.ChildJvm;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Products with each set of instructions that oneDNN has kernels for and this machine executes:
/// the catalogue against our own loops, one thread's bits against two threads', and no look ahead.
@Tag("slow")
class InstructionSetsTest {
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseG1GC",
          "-Xmx2g",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-modules",
          "jdk.incubator.vector");

  /// From the least on; a CPU that has fewer is tested with what it has.
  private static final List<String> SETS = List.of("sse41", "avx", "avx2", "avx512_core");

  /// Those of AVX are SSE's, but for their width, and every other test has this machine's best.
  @ParameterizedTest
  @ValueSource(strings = {"AVX", "AVX512_CORE"})
  @Tag("exhaustive")
  void othersComputeTheSame(String most) throws Exception {
    computeTheSame(most);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SSE41", "AVX2"})
  void computeTheSame(String most) throws Exception {
    ChildJvm child =
        ChildJvm.run(
            FLAGS,
            ChildJvm.classPath(_ -> true),
            Checks.class,
            Map.of("ONEDNN_MAX_CPU_ISA", most),
            List.of());
    assertThat(child.exit()).as(child.toString()).isZero();
    List<String> allowed =
        SETS.stream()
            .limit(1L + SETS.indexOf(most.toLowerCase(Locale.ROOT)))
            .map(set -> "(" + set + ")")
            .toList();
    assertThat(child.out().getFirst())
        .startsWith("oneDNN ")
        .containsAnyOf(allowed.toArray(String[]::new));
    assertThat(child.out().stream().skip(1)).isEmpty();
  }

  /// Prints the numerics, then what is wrong.
  static final class Checks {
    private static final RandomKey KEY = RandomKey.of(5);

    /// The instructions are oneDNN's, so they decide nothing else.
    private static final Set<String> WITHOUT_PRODUCTS =
        Set.of(
            "accumulate",
            "activate",
            "adam",
            "add",
            "bernoulli",
            "categorical",
            "copy",
            "copyColumns",
            "dropout",
            "ema",
            "embedPrevious",
            "embedPreviousAt",
            "fill",
            "gate",
            "layerNorm",
            "layerNormRelu",
            "logisticMixture",
            "norm",
            "permute",
            "previousPixel",
            "rescale",
            "sigmoidCrossEntropy",
            "softmaxCrossEntropy",
            "swapAxes",
            "triangularSoftmax");

    private Checks() {}

    public static void main(String[] args) {
      try (Backend loops = CpuBackend.open(2, false, true);
          Backend one = CpuBackend.open(1, true, true);
          Backend two = CpuBackend.open(2, true, true)) {
        System.out.println(one.numerics());
        Parity parity = new Parity(loops, two);
        products().forEach(opCase -> check(parity, one, two, opCase));
        Stream.of(
                MadeConfig.random(ImageShape.MNIST, 200, 2, KEY),
                new PixelCnnConfig(ImageShape.MNIST, 8, 1, 5, 0, false),
                new TransformerConfig(ImageShape.MNIST, 16, 1, 2, 0))
            .forEach(config -> check(two, config));
      }
    }

    static Stream<OpCase> products() {
      return Stream.concat(OpCases.all().stream(), OpCases.manyRows().stream())
          .filter(c -> !WITHOUT_PRODUCTS.contains(c.op()));
    }

    private static void check(Parity parity, Backend one, Backend two, OpCase opCase) {
      parity.check(opCase).stream()
          .filter(outcome -> !outcome.passed())
          .map(Outcome::message)
          .forEach(System.out::println);
      if (!CpuThreadsTest.run(one, opCase).equals(CpuThreadsTest.run(two, opCase))) {
        System.out.println(opCase + ": other bits on two threads");
      }
    }

    private static void check(Backend backend, ModelConfig config) {
      try (AutoregressiveModel model = config.create(backend, KEY)) {
        for (var change : Causality.Change.values()) {
          Causality.check(backend, model, change, 97).leaks().forEach(System.out::println);
        }
      }
    }
  }
}
