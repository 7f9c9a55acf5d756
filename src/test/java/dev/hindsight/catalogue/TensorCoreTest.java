package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.tensor.Scope;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Sums of products of small integers are exact in every precision, so on them tensor cores must
/// give the bits of fp32. A tolerance for rounding would let an element in a wrong place pass.
class TensorCoreTest {
  private static final Backend FP32 = in(Precision.FP32);
  private static final Backend TF32 = in(Precision.TF32);
  private static final Backend BF16 = in(Precision.BF16);

  private static Backend in(Precision precision) {
    return Backends.openSoftwareGpu(SoftwareGpu.STANDARD, precision);
  }

  @AfterAll
  static void close() {
    BF16.close();
    TF32.close();
    FP32.close();
  }

  static List<OpCase> cases() {
    return OpCases.all().stream()
        .filter(c -> Tolerance.precision(c.op(), Precision.TF32) == Precision.TF32)
        .filter(c -> !c.op().equals("residualBlock")) // its gate makes no integers
        .toList();
  }

  @Test
  void thereAreCasesOfEveryFamily() {
    assertThat(cases())
        .extracting(OpCase::op)
        .contains("linear", "maskedLinear", "causalConv1d", "maskedConv2d");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void integersGiveTheBitsOfFp32(OpCase opCase) {
    OpCase integers = integers(opCase);
    // the derivatives of these are no integers
    boolean backward = !opCase.shape().matches(".*(tanh|sigmoid)");
    double[][] want = values(FP32, integers, backward);
    for (Backend backend : List.of(TF32, BF16)) {
      double[][] got = values(backend, integers, backward);
      for (int o = 0; o < want.length; o++) {
        for (int k = 0; k < want[o].length; k++) {
          if (Double.compare(got[o][k], want[o][k]) != 0) {
            fail(
                "%s %s: %s[%d] is %s, in fp32 %s",
                opCase,
                backend.precision(),
                integers.operands().get(o).name(),
                k,
                got[o][k],
                want[o][k]);
          }
        }
      }
    }
  }

  private static OpCase integers(OpCase c) {
    List<Operand> operands =
        c.operands().stream()
            .map(o -> new Operand(o.name(), o.role(), o.shape(), rounded(o.values())))
            .toList();
    return new OpCase(
        c.op(),
        c.shape(),
        c.reduction(),
        operands,
        c.forward(),
        c.backward(),
        c.gradients(),
        c.forwardWork(),
        c.backwardWork());
  }

  /// Integers of about the same size, of which few but those that were 0 are 0.
  private static double[] rounded(double[] values) {
    double squares = Arrays.stream(values).map(v -> v * v).average().orElseThrow();
    return Arrays.stream(values).map(v -> Math.rint(3 * v / Math.sqrt(squares))).toArray();
  }

  /// What every operand holds at the end.
  private static double[][] values(Backend backend, OpCase c, boolean backward) {
    try (Scope scope = backend.open("case")) {
      CaseTensors tensors = new CaseTensors(backend, scope, c);
      c.forward().run(backend, tensors::get);
      if (backward && c.backward() != null) {
        c.backward().run(backend, tensors::get);
      }
      return c.operands().stream()
          .map(o -> backend.readDoubles(tensors.get(o.name())))
          .toArray(double[][]::new);
    }
  }
}
