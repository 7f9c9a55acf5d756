package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Approx;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.ptx.Type;

/// The approximate instructions and their error bounds (PTX ISA 9.1, section 9.7.3).
final class ApproxOps {
  private static final double LN2 = Math.log(2);

  private ApproxOps() {}

  static Op unary(Operands o, Mods m, String base) {
    m.want("approx");
    boolean ftz = m.take("ftz");
    Type type = m.type();
    o.count(2);
    if (type == Type.F64) {
      return DoubleOps.approx(o, m, base, ftz);
    }
    if (type != Type.F32) {
      return HalfOps.approx(o, m, base, type, ftz);
    }
    int a = o.f(1);
    return new Approx(o.f(0), a, a, ftz, exact(base), bound(base));
  }

  static Approx.Exact exact(String base) {
    return switch (base) {
      case "rsqrt" -> (x, _) -> x == 0 ? Math.copySign(1 / 0.0, x) : 1 / Math.sqrt(x);
      case "ex2" -> (x, _) -> x == Math.rint(x) ? Math.pow(2, x) : Math.exp(x * LN2);
      case "lg2" -> (x, _) -> Math.log(x) / LN2;
      case "sin" -> (x, _) -> Math.sin(x);
      case "cos" -> (x, _) -> Math.cos(x);
      default -> (x, _) -> Math.tanh(x);
    };
  }

  private static Approx.Bound bound(String base) {
    return switch (base) {
      case "rsqrt" -> (_, _, exact) -> Math.abs(exact) * Math.pow(2, -22.9);
      case "ex2" -> (_, _, exact) -> Approx.ulps(exact, 2);
      case "lg2" -> (x, _, exact) -> x > 0.5 && x < 2 ? 0x1p-22 : Math.abs(exact) * 0x1p-22;
      case "sin", "cos" -> (x, _, _) -> Math.pow(2, Math.abs(x) <= 2 * Math.PI ? -20.5 : -14.7);
      default -> (_, _, exact) -> Math.abs(exact) * 0x1p-11;
    };
  }

  static Op sqrt(int d, int a, boolean ftz) {
    return new Approx(
        d, a, a, ftz, (x, _) -> Math.sqrt(x), (_, _, exact) -> Math.abs(exact) * 0x1p-23);
  }

  static Op quotient(int d, int a, int b, boolean ftz, boolean reciprocal) {
    int ulps = reciprocal ? 1 : 2;
    return new Approx(d, a, b, ftz, (x, y) -> x / y, (_, _, exact) -> Approx.ulps(exact, ulps));
  }
}
