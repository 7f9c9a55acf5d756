package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Outcome;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.testing.ChildJvm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// bf16 with as many instructions as `ONEDNN_MAX_CPU_ISA` leaves: multiplied by those for it, or
/// refused, or emulated where that is asked for.
@Tag("slow")
class Bf16InstructionsTest {
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseG1GC",
          "-Xmx2g",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-modules",
          "jdk.incubator.vector");

  private static ChildJvm run(String most, String... more) throws Exception {
    List<String> flags = new ArrayList<>(FLAGS);
    flags.addAll(List.of(more));
    return ChildJvm.run(
        flags,
        ChildJvm.classPath(_ -> true),
        Checks.class,
        Map.of("ONEDNN_MAX_CPU_ISA", most),
        List.of());
  }

  private static boolean has(String feature) {
    Set<String> features = CpuFacts.ofThisMachine().features();
    return features.contains(feature);
  }

  @ParameterizedTest
  @CsvSource({"AVX2", "AVX512_CORE"})
  void withoutInstructionsItIsRefusedInOneLine(String most) throws Exception {
    ChildJvm child = run(most);
    assertThat(child.exit()).as(child.toString()).isZero();
    assertThat(child.out()).hasSize(2);
    assertThat(child.out().get(0)).endsWith("; no bf16, which needs AMX or AVX512-BF16");
    assertThat(child.out().get(1))
        .startsWith("cpu: bf16 needs AMX or AVX512-BF16, and oneDNN ")
        .endsWith(" has neither; leave --precision out");
  }

  @Test
  void orEmulatedWhereThatIsAskedFor() throws Exception {
    emulated("AVX2");
  }

  @Test
  @Tag("exhaustive")
  void orEmulatedOnMore() throws Exception {
    emulated("AVX512_CORE");
  }

  private static void emulated(String most) throws Exception {
    ChildJvm child = run(most, "-Dhindsight.cpu.bf16=emulated");
    assertThat(child.exit()).as(child.toString()).isZero();
    assertThat(child.out().get(1)).startsWith("bf16 emulated by oneDNN ");
    assertThat(child.out().subList(2, child.out().size())).isEmpty();
  }

  @Test
  void withInstructionsTheyMultiply() throws Exception {
    multiplied("AVX512_CORE_BF16", "avx512_bf16", "AVX512-BF16");
  }

  /// Where there is AMX, all other tests in bf16 multiply with it.
  @Test
  @Tag("exhaustive")
  void withAmxTheyMultiply() throws Exception {
    multiplied("AVX512_CORE_AMX", "amx_bf16", "AMX");
  }

  /// A CPU that has less computes with what it has, or refuses.
  private static void multiplied(String most, String feature, String name) throws Exception {
    ChildJvm child = run(most);
    assertThat(child.exit()).as(child.toString()).isZero();
    if (!has("avx512_bf16")) {
      assertThat(child.out().get(1)).contains("has neither");
      return;
    }
    assertThat(child.out().get(0))
        .endsWith("; those of bf16 with " + (has(feature) ? name : "AVX512-BF16"));
    assertThat(child.out().get(1)).startsWith("bf16 by oneDNN ");
    assertThat(child.out().subList(2, child.out().size())).isEmpty();
  }

  @Test
  void anythingElseThatIsAskedForIsRefused() throws Exception {
    ChildJvm child = run("AVX2", "-Dhindsight.cpu.bf16=slow");
    assertThat(child.exit()).isNotZero();
    assertThat(child.err())
        .anyMatch(line -> line.contains("-Dhindsight.cpu.bf16=slow: it can only be emulated"));
  }

  /// Prints what `devices` would, the numerics or why there are none, then what is wrong.
  static final class Checks {
    private Checks() {}

    public static void main(String[] args) {
      System.out.println(Backends.provider("cpu").products());
      try (Backend half = Backends.open("cpu", Precision.BF16)) {
        System.out.println(half.numerics());
        check(half);
      } catch (BackendException e) {
        System.out.println(e.getMessage());
      }
    }

    private static void check(Backend half) {
      try (Backend exact = CpuBackend.open(2, false, true)) { // on the same numbers, in fp32
        Parity parity = new Parity(exact, half);
        InstructionSetsTest.Checks.products().forEach(opCase -> check(parity, opCase));
      }
    }

    private static void check(Parity parity, OpCase opCase) {
      parity.check(opCase).stream()
          .filter(outcome -> !outcome.passed())
          .map(Outcome::message)
          .forEach(System.out::println);
    }
  }
}
