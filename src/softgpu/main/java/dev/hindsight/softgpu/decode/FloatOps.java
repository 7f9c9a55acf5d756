package dev.hindsight.softgpu.decode;

import static dev.hindsight.softgpu.exec.Vector.each;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.exec.Vector;
import dev.hindsight.softgpu.exec.Vector.FloatLane;
import dev.hindsight.softgpu.exec.Vector.Floats;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.List;
import java.util.Map;

/// Arithmetic on `.f32`.
final class FloatOps {
  private FloatOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("rcp", (o, m) -> quotient(o, m, true));
    all.put("sqrt", FloatOps::sqrt);
    for (String base : List.of("rsqrt", "ex2", "lg2", "sin", "cos", "tanh")) {
      all.put(base, (o, m) -> ApproxOps.unary(o, m, base));
    }
    all.put("copysign", FloatOps::copysign);
  }

  static Rounding.Mode mode(Mods m) {
    return switch (m.oneOf("rn", "rn", "rz", "rm", "rp")) {
      case "rz" -> Rounding.Mode.ZERO;
      case "rm" -> Rounding.Mode.DOWN;
      case "rp" -> Rounding.Mode.UP;
      default -> Rounding.Mode.NEAREST;
    };
  }

  /// `add sub mul fma min max abs neg` of `.f32`.
  static Op f32(Operands o, Mods m, String base) {
    boolean fused = base.equals("fma") || base.equals("mad");
    boolean unary = base.equals("abs") || base.equals("neg");
    Op op = f32(o, m, base, fused ? 3 : unary ? 1 : 2);
    op.flops = fused ? 2 : unary ? 0 : 1;
    return op;
  }

  private static Op f32(Operands o, Mods m, String base, int sources) {
    Rounding.Mode mode = mode(m);
    boolean ftz = m.take("ftz");
    boolean sat = m.take("sat");
    boolean nan = m.take("NaN");
    int[] at = o.places(sources, o::f);
    boolean plain = mode == Rounding.Mode.NEAREST && !ftz && !sat;
    if (plain && sources == 3) {
      o.computed(o.get(0));
      return Vector.fma(at[0], at[1], at[2], at[3]);
    }
    if (plain && !nan) {
      o.computed(o.get(0));
      return Vector.floats(at[0], at[1], at[2], at[3], loop(base));
    }
    FloatLane lane = flushed(ftz, lane(base, mode, nan));
    Floats loop = canonical(sat ? (x, y, z) -> saturate(lane.apply(x, y, z)) : lane);
    return Vector.floats(at[0], at[1], at[2], at[3], loop);
  }

  static float saturate(float f) {
    return f > 0 ? Math.min(f, 1) : 0;
  }

  /// With `.ftz`, neither sources nor results are subnormal.
  private static FloatLane flushed(boolean ftz, FloatLane lane) {
    return ftz
        ? (x, y, z) ->
            Rounding.flush(lane.apply(Rounding.flush(x), Rounding.flush(y), Rounding.flush(z)))
        : lane;
  }

  private static Floats canonical(FloatLane lane) {
    return (d, a, b, c) -> {
      for (int k = 0; k < 32; k++) {
        d[k] = Rounding.canonical(lane.apply(a[k], b[k], c[k]));
      }
    };
  }

  private static FloatLane lane(String base, Rounding.Mode mode, boolean nan) {
    return switch (base) {
      case "add" -> (a, b, _) -> Rounding.add(a, b, mode);
      case "sub" -> (a, b, _) -> Rounding.add(a, -b, mode);
      case "mul" -> (a, b, _) -> Rounding.mul(a, b, mode);
      case "fma", "mad" -> (a, b, c) -> Rounding.fma(a, b, c, mode);
      case "min" -> nan ? (a, b, _) -> Math.min(a, b) : (a, b, _) -> Rounding.min(a, b);
      case "max" -> nan ? (a, b, _) -> Math.max(a, b) : (a, b, _) -> Rounding.max(a, b);
      case "abs" -> (a, _, _) -> Math.abs(a);
      default -> (a, _, _) -> -a;
    };
  }

  /// Round to nearest, so that each becomes vector code. NaNs keep Java's bits here; the registers
  /// are marked, and whoever looks at their bits makes them canonical.
  private static Floats loop(String base) {
    return switch (base) {
      case "add" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x + y);
      case "sub" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x - y);
      case "mul" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x * y);
      case "abs" -> (d, a, b, c) -> each(d, a, b, c, (x, _, _) -> Math.abs(x));
      case "neg" -> (d, a, b, c) -> each(d, a, b, c, (x, _, _) -> -x);
      case "min" -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Rounding.min(x, y));
      default -> (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Rounding.max(x, y));
    };
  }

  /// `div` and `rcp` of `.f32`.
  static Op quotient(Operands o, Mods m, boolean reciprocal) {
    boolean approx = m.takeAny("approx", "full");
    boolean ftz = m.take("ftz");
    Rounding.Mode mode = mode(m);
    if (type(m) == Type.F64) {
      return DoubleOps.quotient(o, m, reciprocal, approx, mode);
    }
    o.count(reciprocal ? 2 : 3);
    int d = o.f(0);
    int a = reciprocal ? o.f(new Operand.Real(1, true, 0x3f800000)) : o.f(1);
    int b = o.f(reciprocal ? 1 : 2);
    if (approx) {
      return ApproxOps.quotient(d, a, b, ftz, reciprocal);
    }
    FloatLane lane =
        mode == Rounding.Mode.NEAREST ? (x, y, _) -> x / y : (x, y, _) -> Rounding.div(x, y, mode);
    return oneFlop(Vector.floats(d, a, b, b, canonical(flushed(ftz, lane))));
  }

  private static Op sqrt(Operands o, Mods m) {
    boolean approx = m.take("approx");
    boolean ftz = m.take("ftz");
    Rounding.Mode mode = mode(m);
    if (type(m) == Type.F64) {
      return DoubleOps.sqrt(o, m, mode);
    }
    o.count(2);
    int d = o.f(0);
    int a = o.f(1);
    if (approx) {
      return ApproxOps.sqrt(d, a, ftz);
    }
    FloatLane lane =
        mode == Rounding.Mode.NEAREST
            ? (x, _, _) -> (float) Math.sqrt(x)
            : (x, _, _) -> Rounding.sqrt(x, mode);
    return oneFlop(Vector.floats(d, a, a, a, canonical(flushed(ftz, lane))));
  }

  private static Type type(Mods m) {
    Type type = m.type();
    if (type != Type.F32 && type != Type.F64) {
      throw m.error("wanted f32 or f64");
    }
    return type;
  }

  private static Op oneFlop(Op op) {
    op.flops = 1;
    return op;
  }

  private static Op copysign(Operands o, Mods m) {
    Type type = m.type();
    o.count(3);
    if (type == Type.F64) {
      return DoubleOps.copysign(o);
    }
    // The sign comes from the first source: the reverse of Java's order.
    return Vector.floats(
        o.f(0),
        o.f(1),
        o.f(2),
        o.f(2),
        (d, a, b, c) -> each(d, a, b, c, (x, y, _) -> Math.copySign(y, x)));
  }
}
