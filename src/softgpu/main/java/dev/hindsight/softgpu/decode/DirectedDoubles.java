package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Rounding.Mode;
import java.math.BigDecimal;

/// Double arithmetic rounded toward zero, down or up: the nearest double and the side that the
/// exact value lies on. Overflow and underflow end where IEEE 754 says.
final class DirectedDoubles {
  /// Products below this may have an error that no double holds.
  private static final double TINY = 0x1p-900;

  private DirectedDoubles() {}

  static double sum(double a, double b, Mode mode) {
    double s = a + b;
    if (!Double.isFinite(a) || !Double.isFinite(b)) {
      return s;
    }
    if (s == 0) {
      return zero(s, a == 0 && sameSign(a, b), mode);
    }
    if (Double.isInfinite(s)) {
      return overflow(s, mode);
    }
    double large = Math.abs(a) >= Math.abs(b) ? a : b;
    double small = Math.abs(a) >= Math.abs(b) ? b : a;
    return toward(s, small - (s - large), mode);
  }

  static double product(double a, double b, Mode mode) {
    double p = a * b;
    if (!Double.isFinite(a) || !Double.isFinite(b) || a == 0 || b == 0) {
      return p;
    }
    if (Double.isInfinite(p)) {
      return overflow(p, mode);
    }
    double error =
        Math.abs(p) < TINY
            ? new BigDecimal(a).multiply(new BigDecimal(b)).compareTo(new BigDecimal(p))
            : Math.fma(a, b, -p);
    return toward(p, error, mode);
  }

  static double fused(double a, double b, double c, Mode mode) {
    double f = Math.fma(a, b, c);
    if (!Double.isFinite(a) || !Double.isFinite(b) || !Double.isFinite(c)) {
      return f;
    }
    if (Double.isInfinite(f)) {
      return overflow(f, mode);
    }
    BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
    if (exact.signum() == 0) {
      boolean product = sameSign(a, b);
      return zero(f, c == 0 && product == sameSign(c, 1), mode);
    }
    return toward(f, exact.compareTo(new BigDecimal(f)), mode);
  }

  private static boolean sameSign(double a, double b) {
    return Math.copySign(1, a) == Math.copySign(1, b);
  }

  /// An exact zero: of two zeros of one sign, or of terms that cancel.
  private static double zero(double nearest, boolean ofOneSign, Mode mode) {
    return ofOneSign || mode != Mode.DOWN ? nearest : -0.0;
  }

  private static double overflow(double infinity, Mode mode) {
    return mode.stopsAtLargest(infinity > 0) ? Math.copySign(Double.MAX_VALUE, infinity) : infinity;
  }

  /// The neighbour of a nearest result that the mode wants, given the sign of `exact - result`.
  static double toward(double result, double error, Mode mode) {
    boolean down = mode == Mode.DOWN || (mode == Mode.ZERO && result > 0);
    boolean up = mode == Mode.UP || (mode == Mode.ZERO && result < 0);
    if (error < 0 && down) {
      return Math.nextDown(result);
    }
    return error > 0 && up ? Math.nextUp(result) : result;
  }
}
