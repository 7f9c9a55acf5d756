package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.OpCases;
import dev.hindsight.catalogue.Operand;
import dev.hindsight.tensor.Scope;
import dev.hindsight.testing.CpuInBf16;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every op of the catalogue gives the same bits on one, two and three threads.
class CpuThreadsTest {
  private static final Backend ONE = CpuBackend.open(1, true, true);
  private static final Backend TWO = CpuBackend.open(2, true, true);
  private static final Backend THREE = CpuBackend.open(3, true, true);
  private static final Backend ONE_BF16 = CpuInBf16.open(1);
  private static final Backend TWO_BF16 = CpuInBf16.open(2);

  @AfterAll
  static void close() {
    Stream.of(ONE, TWO, THREE, ONE_BF16, TWO_BF16).forEach(Backend::close);
  }

  static List<OpCase> all() {
    return OpCases.all();
  }

  static List<OpCase> manyRows() {
    return OpCases.manyRows();
  }

  @ParameterizedTest
  @MethodSource({"all", "manyRows"})
  void doNotMatter(OpCase opCase) {
    Map<String, IntBuffer> one = run(ONE, opCase);
    assertThat(run(TWO, opCase)).isEqualTo(one);
    assertThat(run(THREE, opCase)).isEqualTo(one);
  }

  @ParameterizedTest
  @MethodSource({"all", "manyRows"})
  void doNotMatterInBf16(OpCase opCase) {
    assertThat(run(TWO_BF16, opCase)).isEqualTo(run(ONE_BF16, opCase));
  }

  private static IntBuffer bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, k -> Float.floatToIntBits(values[k]));
    return IntBuffer.wrap(bits);
  }

  /// The bits of all operands after the forward and the backward pass.
  static Map<String, IntBuffer> run(Backend backend, OpCase opCase) {
    try (Scope scope = backend.open("case")) {
      CaseTensors tensors = new CaseTensors(backend, scope, opCase);
      opCase.forward().run(backend, tensors::get);
      if (opCase.backward() != null) {
        opCase.backward().run(backend, tensors::get);
      }
      Map<String, IntBuffer> found = new LinkedHashMap<>();
      for (Operand operand : opCase.operands()) {
        found.put(operand.name(), bits(backend.readFloats(tensors.get(operand.name()))));
      }
      return found;
    }
  }
}
