package dev.hindsight.catalogue;

import dev.hindsight.backend.Precision;
import dev.hindsight.tensor.ElementType;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;

/// How far a value may be from the double-precision reference, for every op and precision.
///
/// In fp32: `1e-6·√K + 1e-5·√K·|reference|`, K the length of the longest sum.
///
/// In tf32 both factors of a product were rounded first, each by a relative error of at most u
/// (2⁻¹¹). One product is then wrong by at most `2u` of itself, which is what matters where K is
/// small. In a sum the errors have random signs: their standard deviation is below `u·√K·s`, s the
/// root mean square of one product, which is at most 1 in the catalogue (x and dy are standard
/// normal, w smaller). Four of them are not exceeded by any element of a case that is right. So
/// `u·(4·√K + 2·|reference|)` is added. The factor of a fused activation's derivative is at most 1,
/// or 1.13 of GELU's. An LSTM's recurrence is fp32, but the gradient of its weights is a plain
/// product.
///
/// With bf16 in memory the reference starts from the same numbers, products of them are exact and
/// sums are fp32, so a result in fp32 (a gradient of weights, a statistic, a loss) has the bound of
/// fp32. What is stored in bf16 is rounded once more, by at most u (2⁻⁸) of what was to be stored:
/// `u·(|reference| + bound)` is added. Some ops store or round something on the way and multiply it
/// again (dy before a fused activation, the gate of a residual block, probabilities of attention,
/// each step of an LSTM): one factor of a product has then an error of u, or both, and what was
/// derived for tf32 holds with this u.
///
/// In attention a score, divided by the root of the width, is wrong by some u and so is its
/// probability, relative to itself; weighted sums of v, dy, q and k by rounded probabilities that
/// add up to at most 1 a row stay well within the same bound.
public final class Tolerance {
  /// Ops whose products run on tensor cores where the backend has other precision than fp32.
  private static final Set<String> ON_TENSOR_CORES =
      Set.of(
          "linear",
          "linearGelu",
          "linearAdd",
          "maskedLinear",
          "causalConv1d",
          "residualBlock",
          "residualBlockPlain",
          "maskedConv2d",
          "gatedBlock",
          "causalAttention");

  /// Ops that multiply what they have rounded themselves, where activations are stored in bf16.
  private static final Set<String> ROUNDS_FACTORS =
      Set.of(
          "linear",
          "linearGelu",
          "maskedLinear",
          "residualBlock",
          "residualBlockPlain",
          "gatedBlock",
          "causalAttention",
          "triangularSoftmax",
          "lstm",
          "lstmCell",
          "lstmCellDiagonal");

  private Tolerance() {}

  /// What an op multiplies in, on a backend of this precision.
  public static Precision precision(String op, Precision backend) {
    boolean recurrence = op.equals("lstm") && backend == Precision.BF16;
    return recurrence || ON_TENSOR_CORES.contains(op) ? backend : Precision.FP32;
  }

  /// The largest difference allowed from each value of the reference.
  ///
  /// @param operand that has the value
  /// @param backend its precision
  static DoubleUnaryOperator allowed(OpCase opCase, Operand operand, Precision backend) {
    double root = Math.sqrt((double) opCase.reduction());
    double u = backend.roundoff();
    boolean roundsFactors = roundsFactors(opCase.op(), backend);
    boolean rounded = operand.type(backend.storage()) != ElementType.FP32;
    return reference -> {
      double size = Math.abs(reference);
      double bound = 1e-6 * root + 1e-5 * root * size;
      if (roundsFactors) {
        bound += u * (4 * root + 2 * size);
      }
      return rounded ? bound + u * (size + bound) : bound;
    };
  }

  private static boolean roundsFactors(String op, Precision backend) {
    return switch (backend) {
      case FP32 -> false;
      case TF32 -> ON_TENSOR_CORES.contains(op) || op.equals("lstm");
      case BF16 -> ROUNDS_FACTORS.contains(op);
    };
  }
}
