package dev.hindsight.catalogue;

import dev.hindsight.backend.Precision;
import java.util.Set;

/// How far a value may be from the double-precision reference, for every op and precision.
///
/// In fp32: `1e-6·√K + 1e-5·√K·|reference|`, K the length of the longest sum.
///
/// On tensor cores both factors of a product were rounded first, each by a relative error of at
/// most u (2⁻¹¹ in tf32, 2⁻⁸ in bf16). One product is then wrong by at most `2u` of itself, which
/// is what matters where K is small. In a sum the errors have random signs: their standard
/// deviation is below `u·√K·s`, s the root mean square of one product, which is at most 1 in the
/// catalogue (x and dy are standard normal, w smaller). Four of them are not exceeded by any
/// element of a case that is right. So `u·(4·√K + 2·|reference|)` is added. The factor of a fused
/// activation's derivative is at most 1, or 1.13 of GELU's.
///
/// An LSTM's recurrence is fp32 everywhere, but the gradient of its weights is a plain product.
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
          "causalAttention");

  private Tolerance() {}

  /// What an op multiplies in, on a backend of this precision.
  public static Precision precision(String op, Precision backend) {
    return ON_TENSOR_CORES.contains(op) ? backend : Precision.FP32;
  }

  /// The largest difference allowed from a value of the reference.
  ///
  /// @param backend its precision
  public static double allowed(OpCase opCase, Precision backend, double reference) {
    double root = Math.sqrt((double) opCase.reduction());
    double size = Math.abs(reference);
    double fp32 = 1e-6 * root + 1e-5 * root * size;
    boolean endsInLinear = opCase.op().equals("lstm"); // the gradient of its weights is a linear's
    Precision precision = endsInLinear ? backend : precision(opCase.op(), backend);
    return precision == Precision.FP32 ? fp32 : fp32 + precision.roundoff() * (4 * root + 2 * size);
  }
}
