package dev.hindsight.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Sums of products of small integers are exact in every precision, so on them tensor cores must
/// give the bits of fp32, rounded once where a result is stored in bf16. A tolerance for rounding
/// would let an element in a wrong place pass.
@Tag("slow")
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
        .filter(c -> !c.op().matches("residualBlock.*|gatedBlock")) // a gate makes no integers
        .filter(c -> !c.op().equals("causalAttention")) // nor do exponentials: AttentionPlacesTest
        .toList();
  }

  @Test
  void thereAreCasesOfEveryFamily() {
    assertThat(cases())
        .extracting(OpCase::op)
        .contains(
            "linear", "linearGelu", "linearAdd", "maskedLinear", "causalConv1d", "maskedConv2d");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void integersGiveTheBitsOfFp32(OpCase opCase) {
    OpCase integers = integers(opCase);
    // the derivatives of these are no integers
    boolean backward = !opCase.shape().matches(".*(tanh|sigmoid)") && !opCase.op().endsWith("Gelu");
    sameBits(opCase, integers, backward);
  }

  private static boolean isBlock(OpCase c) {
    return c.op().equals("residualBlock") || c.op().equals("gatedBlock");
  }

  static List<OpCase> blocks() {
    return OpCases.all().stream().filter(c -> isBlock(c) && c.backward() != null).toList();
  }

  /// Of a gate far from 0 come -1, 0 and 1: its tanh meets multiples of 32 and its σ a bias, or the
  /// vertical half, of 1000. Backward finds other integers in place of tanh and σ, and a v that
  /// sends each channel to one, so that what is multiplied next is small enough for eight bits.
  @ParameterizedTest
  @MethodSource("blocks")
  void saturatedGatesGiveTheBitsOfFp32(OpCase opCase) {
    OpCase integers = integers(opCase);
    double[] w = integers.operand("w").values();
    String before = opCase.op().equals("gatedBlock") ? "vertical" : "b";
    double[] b = integers.operand(before).values();
    double[] v = integers.operand("v").values();
    double[] dy = integers.operand("dy").values();
    int c = integers.operand("v").shape().channels();
    for (int k = 0; k < w.length; k++) {
      w[k] *= k / c % (2 * c) < c ? 32 : 1;
    }
    for (int k = 0; k < b.length; k++) {
      b[k] = k % (2 * c) < c ? 32 * b[k] : 1000;
    }
    for (int k = 0; k < v.length; k++) {
      v[k] = k % c == (k / c + 1) % c ? 1 : 0;
    }
    Arrays.setAll(dy, k -> dy[k] % 3);
    sameBits(opCase, integers, true);
  }

  private static void sameBits(OpCase opCase, OpCase integers, boolean backward) {
    double[][] want = values(FP32, integers, backward);
    for (Backend backend : List.of(TF32, BF16)) {
      double[][] got = values(backend, integers, backward);
      for (int o = 0; o < want.length; o++) {
        Operand operand = integers.operands().get(o);
        double[] stored = stored(backend.storage(), integers, operand, want[o]);
        for (int k = 0; k < want[o].length; k++) {
          if (Double.compare(got[o][k], stored[k]) != 0) {
            fail(
                "%s %s: %s[%d] is %s, in fp32 %s",
                opCase,
                backend.precision(),
                integers.operands().get(o).name(),
                k,
                got[o][k],
                stored[k]);
          }
        }
      }
    }
  }

  /// What is stored of exact results: each rounded once, but the gradient of a block's input, which
  /// is stored before dy is added to it, after either sum.
  private static double[] stored(ElementType type, OpCase c, Operand operand, double[] exact) {
    boolean inTwoSums =
        isBlock(c) && operand.name().equals("dx") && !c.shape().endsWith("without dx");
    if (!inTwoSums) {
      return operand.rounded(type, exact);
    }
    double[] dy = c.operand("dy").values();
    double[] sum = new double[exact.length];
    Arrays.setAll(sum, k -> exact[k] - dy[k]);
    double[] first = operand.rounded(type, sum);
    Arrays.setAll(sum, k -> first[k] + dy[k]);
    return operand.rounded(type, sum);
  }

  private static OpCase integers(OpCase c) {
    List<Operand> operands =
        c.operands().stream()
            .map(
                o ->
                    new Operand(
                        o.name(),
                        o.role(),
                        o.shape(),
                        () -> rounded(o.values()),
                        o.stored() ? null : ElementType.FP32))
            .toList();
    return new OpCase(
        c.op(),
        c.shape(),
        c.reduction(),
        operands,
        c.gradients(),
        c.forward(),
        c.backward(),
        c.storage());
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
        if (isBlock(c)) {
          Tensor ts = tensors.get("ts");
          double[] small = new double[Math.toIntExact(ts.size())];
          Arrays.setAll(small, k -> k * 7 % 5 - 2);
          backend.write(ts, small);
        }
        c.backward().run(backend, tensors::get);
      }
      return c.operands().stream()
          .map(o -> backend.readDoubles(tensors.get(o.name())))
          .toArray(double[][]::new);
    }
  }
}
