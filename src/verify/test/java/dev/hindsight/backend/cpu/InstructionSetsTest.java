package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.CaseRun;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Outcome;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.catalogue.Tolerance;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.ChildJvm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Products with as many instructions as `ONEDNN_MAX_CPU_ISA` leaves: in fp32 the catalogue against
/// the reference, one thread's bits against two threads', and no look ahead; bf16 multiplied by the
/// instructions for it, or refused.
@Tag("slow")
class InstructionSetsTest {
  /// From the least on; a CPU that has fewer is tested with what it has.
  private static final List<String> SETS = List.of("sse41", "avx", "avx2", "avx512_core");

  /// What the checks print.
  private static List<String> lines(Class<?> checks, String most, String... more) throws Exception {
    List<String> flags = new ArrayList<>(ChildJvm.COMPUTING);
    flags.addAll(List.of(more));
    Map<String, String> environment = Map.of("ONEDNN_MAX_CPU_ISA", most);
    ChildJvm child =
        ChildJvm.run(flags, ChildJvm.classPath(_ -> true), checks, environment, List.of());
    assertThat(child.exit()).as(child.toString()).isZero();
    return child.out();
  }

  /// Every other test has this machine's best.
  @ParameterizedTest
  @ValueSource(strings = {"SSE41", "AVX", "AVX512_CORE"})
  @Tag("exhaustive")
  void othersComputeTheSame(String most) throws Exception {
    computeTheSame(most);
  }

  @Test
  void thoseOfMostMachinesComputeTheSame() throws Exception {
    computeTheSame("AVX2");
  }

  private static void computeTheSame(String most) throws Exception {
    List<String> lines = lines(InFp32.class, most);
    List<String> allowed =
        SETS.stream()
            .limit(1L + SETS.indexOf(most.toLowerCase(Locale.ROOT)))
            .map(set -> "(" + set + ")")
            .toList();
    assertThat(lines.getFirst())
        .startsWith("oneDNN ")
        .containsAnyOf(allowed.toArray(String[]::new));
    assertThat(lines.stream().skip(1)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"AVX2", "AVX512_CORE"})
  void withoutInstructionsForItBf16IsRefusedInOneLine(String most) throws Exception {
    List<String> lines = lines(InBf16.class, most);
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).endsWith("; no bf16, which needs AMX or AVX512-BF16");
    assertThat(lines.get(1))
        .startsWith("cpu: bf16 needs AMX or AVX512-BF16, and oneDNN ")
        .endsWith(" has neither; leave --precision out");
  }

  @Test
  void withInstructionsTheyMultiply() throws Exception {
    multiplied("AVX512_CORE_BF16", "avx512_bf16", "AVX512-BF16");
  }

  @Test
  @Tag("exhaustive")
  void withAmxTheyMultiply() throws Exception {
    multiplied("AVX512_CORE_AMX", "amx_bf16", "AMX");
  }

  /// A CPU that has less computes with what it has, or refuses. Where that is its best, all other
  /// tests in bf16 multiply with it, and no case is computed here.
  private static void multiplied(String most, String feature, String name) throws Exception {
    var features = CpuFacts.ofThisMachine().features();
    boolean best = !features.contains("amx_bf16");
    String[] cases = best ? new String[] {"-Dhindsight.op=none"} : new String[0];
    List<String> lines = lines(InBf16.class, most, cases);
    if (!features.contains("avx512_bf16")) {
      assertThat(lines.get(1)).contains("has neither");
      return;
    }
    String used = features.contains(feature) ? name : "AVX512-BF16";
    assertThat(lines.get(0)).endsWith("; those of bf16 with " + used);
    assertThat(lines.get(1)).startsWith("bf16 by oneDNN ");
    assertThat(lines.subList(2, lines.size())).isEmpty();
  }

  /// The instructions are oneDNN's, so they decide nothing but products.
  private static Stream<OpCase> products() {
    return Stream.concat(OpCases.all().stream(), OpCases.manyRows().stream())
        .filter(
            c ->
                c.op().matches("lstm|attendStep")
                    || Tolerance.precision(c.op(), Precision.TF32) == Precision.TF32);
  }

  private static void check(Parity parity, OpCase opCase) {
    parity.check(opCase).stream()
        .filter(outcome -> !outcome.passed())
        .map(Outcome::message)
        .forEach(System.out::println);
  }

  /// Prints the numerics, then what is wrong.
  static final class InFp32 {
    private static final RandomKey KEY = RandomKey.of(5);

    private InFp32() {}

    public static void main(String[] args) {
      try (Backend reference = Backends.reference();
          Backend one = CpuBackend.open(1, Precision.FP32);
          Backend two = CpuBackend.open(2, Precision.FP32)) {
        System.out.println(one.numerics());
        Parity parity = new Parity(reference, two);
        products()
            .forEach(
                opCase -> {
                  check(parity, opCase);
                  if (!CaseRun.bits(one, opCase).equals(CaseRun.bits(two, opCase))) {
                    System.out.println(opCase + ": other bits on two threads");
                  }
                });
        Stream.of(
                MadeConfig.random(ImageShape.MNIST, 200, 2, KEY),
                new PixelCnnConfig(ImageShape.MNIST, 8, 1, 5, 0, false),
                new TransformerConfig(ImageShape.MNIST, 16, 1, 2, 0))
            .forEach(config -> look(two, config));
      }
    }

    private static void look(Backend backend, ModelConfig config) {
      try (AutoregressiveModel model = config.create(backend, KEY)) {
        Causality.check(backend, model, 97).leaks().forEach(System.out::println);
      }
    }
  }

  /// Prints what `devices` would, the numerics or why there are none, then what is wrong.
  static final class InBf16 {
    private InBf16() {}

    public static void main(String[] args) {
      System.out.println(Backends.provider("cpu").products());
      try (Backend half = Backends.open("cpu", Precision.BF16)) {
        System.out.println(half.numerics());
        try (Backend reference = Backends.reference()) {
          Parity parity = new Parity(reference, half);
          products().forEach(opCase -> check(parity, opCase));
        }
      } catch (BackendException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
