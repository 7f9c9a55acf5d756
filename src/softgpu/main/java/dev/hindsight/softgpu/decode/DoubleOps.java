package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.exec.Vector.LongOp;
import java.math.BigDecimal;

/// Arithmetic on `.f64`, whose bits live in the long file.
final class DoubleOps {
  /// One lane of an op on doubles.
  interface Lane {
    double apply(double a, double b, double c);
  }

  private DoubleOps() {}

  private static Op op(Operands o, int sources, int flops, Lane lane) {
    o.count(sources + 1);
    int a = o.l(o.get(1));
    int b = sources > 1 ? o.l(o.get(2)) : a;
    int c = sources > 2 ? o.l(o.get(3)) : b;
    Op made =
        new LongOp(
            o.l(o.get(0)),
            a,
            b,
            c,
            (d, x, y, z) -> {
              for (int k = 0; k < 32; k++) {
                d[k] =
                    Double.doubleToRawLongBits(
                        lane.apply(
                            Double.longBitsToDouble(x[k]),
                            Double.longBitsToDouble(y[k]),
                            Double.longBitsToDouble(z[k])));
              }
            });
    made.flops = flops;
    return made;
  }

  static Op f64(Operands o, Mods m, String base) {
    Rounding.Mode mode = FloatOps.mode(m);
    return switch (base) {
      case "add" -> op(o, 2, 1, (a, b, _) -> sum(a, b, mode));
      case "sub" -> op(o, 2, 1, (a, b, _) -> sum(a, -b, mode));
      case "mul" -> op(o, 2, 1, (a, b, _) -> product(a, b, mode));
      case "fma", "mad" -> op(o, 3, 2, (a, b, c) -> fused(a, b, c, mode));
      case "min" ->
          op(o, 2, 1, (a, b, _) -> Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.min(a, b));
      case "max" ->
          op(o, 2, 1, (a, b, _) -> Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b));
      case "abs" -> op(o, 1, 0, (a, _, _) -> Math.abs(a));
      case "neg" -> op(o, 1, 0, (a, _, _) -> -a);
      default -> throw m.error(".f64 is not supported");
    };
  }

  static Op quotient(Operands o, Mods m, boolean reciprocal, boolean approx, Rounding.Mode mode) {
    if (mode != Rounding.Mode.NEAREST) {
      throw m.error("only .rn is supported for f64");
    }
    if (reciprocal) {
      // rcp.approx.ftz.f64 is right to 20 bits; its low half is zero.
      return op(o, 1, 1, (a, _, _) -> approx ? coarse(1 / a) : 1 / a);
    }
    return op(o, 2, 1, (a, b, _) -> a / b);
  }

  private static double coarse(double value) {
    return Double.longBitsToDouble(Double.doubleToRawLongBits(value) & 0xffffffff00000000L);
  }

  static Op sqrt(Operands o, Mods m, Rounding.Mode mode) {
    if (mode != Rounding.Mode.NEAREST) {
      throw m.error("only .rn is supported for f64");
    }
    return op(o, 1, 1, (a, _, _) -> Math.sqrt(a));
  }

  static Op approx(Operands o, Mods m, String base) {
    if (!base.equals("rsqrt")) {
      throw m.error(".f64 is not supported");
    }
    return op(o, 1, 1, (a, _, _) -> coarse(1 / Math.sqrt(a)));
  }

  static Op copysign(Operands o) {
    return op(o, 2, 0, (a, b, _) -> Math.copySign(b, a));
  }

  private static double sum(double a, double b, Rounding.Mode mode) {
    double s = a + b;
    if (mode == Rounding.Mode.NEAREST || !Double.isFinite(s)) {
      return s;
    }
    if (s == 0) {
      return a != 0 && mode == Rounding.Mode.DOWN ? -0.0 : s;
    }
    double t = s - a;
    return directed(s, a - (s - t) + (b - t), mode);
  }

  private static double product(double a, double b, Rounding.Mode mode) {
    double p = a * b;
    if (mode == Rounding.Mode.NEAREST || !Double.isFinite(p) || p == 0) {
      return p;
    }
    return directed(p, Math.fma(a, b, -p), mode);
  }

  private static double fused(double a, double b, double c, Rounding.Mode mode) {
    double f = Math.fma(a, b, c);
    if (mode == Rounding.Mode.NEAREST || !Double.isFinite(f) || f == 0) {
      return f;
    }
    BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
    return directed(f, exact.subtract(new BigDecimal(f)).signum(), mode);
  }

  /// The neighbour of a nearest result that the mode wants, given the sign of `exact - result`.
  private static double directed(double result, double error, Rounding.Mode mode) {
    boolean down = mode == Rounding.Mode.DOWN || (mode == Rounding.Mode.ZERO && result > 0);
    if (error < 0 && down) {
      return Math.nextDown(result);
    }
    return error > 0 && (mode == Rounding.Mode.UP || (mode == Rounding.Mode.ZERO && result < 0))
        ? Math.nextUp(result)
        : result;
  }
}
