package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.exec.Vector;
import java.util.function.DoubleBinaryOperator;

/// Arithmetic on `.f64`, whose bits live in the long file.
final class DoubleOps {
  /// One lane of an op on doubles.
  interface Lane {
    double apply(double a, double b, double c);
  }

  private static final double COARSE_NAN = Double.longBitsToDouble(0x7fffffff00000000L);

  private DoubleOps() {}

  private static Op op(Operands o, int sources, int flops, Lane lane) {
    int[] at = o.places(sources, o::l);
    Op made =
        Vector.longs(
            at[0],
            at[1],
            at[2],
            at[3],
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
    if (mode != Rounding.Mode.NEAREST) {
      return directed(o, m, base, mode);
    }
    return switch (base) {
      case "add" -> op(o, 2, 1, (a, b, _) -> a + b);
      case "sub" -> op(o, 2, 1, (a, b, _) -> a - b);
      case "mul" -> op(o, 2, 1, (a, b, _) -> a * b);
      case "fma", "mad" -> op(o, 3, 2, Math::fma);
      case "min" -> op(o, 2, 1, number(Math::min));
      case "max" -> op(o, 2, 1, number(Math::max));
      case "abs" -> op(o, 1, 0, (a, _, _) -> Math.abs(a));
      case "neg" -> op(o, 1, 0, (a, _, _) -> -a);
      default -> throw m.error(".f64 is not supported");
    };
  }

  /// Of a number and NaN the number.
  private static Lane number(DoubleBinaryOperator choose) {
    return (a, b, _) -> Double.isNaN(a) ? b : Double.isNaN(b) ? a : choose.applyAsDouble(a, b);
  }

  private static Op directed(Operands o, Mods m, String base, Rounding.Mode mode) {
    return switch (base) {
      case "add" -> op(o, 2, 1, (a, b, _) -> DirectedDoubles.sum(a, b, mode));
      case "sub" -> op(o, 2, 1, (a, b, _) -> DirectedDoubles.sum(a, -b, mode));
      case "mul" -> op(o, 2, 1, (a, b, _) -> DirectedDoubles.product(a, b, mode));
      case "fma", "mad" -> op(o, 3, 2, (a, b, c) -> DirectedDoubles.fused(a, b, c, mode));
      default -> throw m.error("only .rn is supported for f64");
    };
  }

  static Op quotient(Operands o, Mods m, boolean reciprocal, boolean approx, Rounding.Mode mode) {
    if (mode != Rounding.Mode.NEAREST || (approx && !reciprocal)) {
      throw m.error("only .rn is supported for f64");
    }
    if (approx) {
      return op(o, 1, 1, (a, _, _) -> written(1 / read(a)));
    }
    return reciprocal ? op(o, 1, 1, (a, _, _) -> 1 / a) : op(o, 2, 1, (a, b, _) -> a / b);
  }

  /// What `rcp.approx.ftz.f64` and `rsqrt.approx.ftz.f64` see of a number: the upper 32 bits, no
  /// subnormals.
  private static double read(double value) {
    double upper = upper(value);
    return Double.isNaN(value)
        ? value
        : Math.abs(upper) < Double.MIN_NORMAL ? Math.copySign(0, value) : upper;
  }

  /// What they write: 20 bits of fraction, no subnormals, one NaN.
  private static double written(double value) {
    return Double.isNaN(value) ? COARSE_NAN : read(value);
  }

  private static double upper(double value) {
    return Double.longBitsToDouble(Double.doubleToRawLongBits(value) & 0xffffffff00000000L);
  }

  static Op sqrt(Operands o, Mods m, Rounding.Mode mode) {
    if (mode != Rounding.Mode.NEAREST) {
      throw m.error("only .rn is supported for f64");
    }
    return op(o, 1, 1, (a, _, _) -> Math.sqrt(a));
  }

  static Op approx(Operands o, Mods m, String base, boolean ftz) {
    if (!base.equals("rsqrt")) {
      throw m.error(".f64 is not supported");
    }
    // Without .ftz it is as good as 1 / sqrt(a): only the .ftz form is coarse.
    return ftz
        ? op(o, 1, 1, (a, _, _) -> written(1 / Math.sqrt(read(a))))
        : op(o, 1, 1, (a, _, _) -> 1 / Math.sqrt(a));
  }

  static Op copysign(Operands o) {
    return op(o, 2, 0, (a, b, _) -> Math.copySign(b, a));
  }
}
