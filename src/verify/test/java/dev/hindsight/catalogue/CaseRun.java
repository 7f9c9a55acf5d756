package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// A case on a backend: forward, and backward where there is one.
public final class CaseRun {
  private CaseRun() {}

  /// The bits that each operand holds at the end; equal where all elements are.
  public static Map<String, LongBuffer> bits(Backend backend, OpCase opCase) {
    try (Scope scope = backend.open("case")) {
      CaseTensors tensors = new CaseTensors(backend, scope, opCase.in(backend.storage()));
      opCase.phases().forEach(phase -> phase.run(backend, tensors::get));
      Map<String, LongBuffer> bits = new LinkedHashMap<>();
      for (Operand operand : opCase.operands()) {
        double[] values = CaseTensors.numbers(backend, tensors.get(operand.name()));
        long[] each = Arrays.stream(values).mapToLong(Double::doubleToLongBits).toArray();
        bits.put(operand.name(), LongBuffer.wrap(each));
      }
      return bits;
    }
  }

  public static void assertAgrees(Backend reference, Backend backend, OpCase opCase) {
    assertAgrees(new Parity(reference, backend), opCase);
  }

  public static void assertAgrees(Parity parity, OpCase opCase) {
    assertThat(parity.check(opCase))
        .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
  }
}
