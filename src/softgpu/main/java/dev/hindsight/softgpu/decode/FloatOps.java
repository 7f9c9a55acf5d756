package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.exec.Vector.FloatOp;
import dev.hindsight.softgpu.exec.Vector.Floats;
import dev.hindsight.softgpu.exec.Vector.Fma;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;

/// Arithmetic on `.f32`.
final class FloatOps {
  /// One lane of a float op.
  interface Lane {
    float apply(float a, float b, float c);
  }

  private FloatOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("rcp", (o, m) -> quotient(o, m, true));
    all.put("sqrt", FloatOps::sqrt);
    all.put("rsqrt", (o, m) -> ApproxOps.unary(o, m, "rsqrt"));
    all.put("ex2", (o, m) -> ApproxOps.unary(o, m, "ex2"));
    all.put("lg2", (o, m) -> ApproxOps.unary(o, m, "lg2"));
    all.put("sin", (o, m) -> ApproxOps.unary(o, m, "sin"));
    all.put("cos", (o, m) -> ApproxOps.unary(o, m, "cos"));
    all.put("tanh", (o, m) -> ApproxOps.unary(o, m, "tanh"));
    all.put("copysign", FloatOps::copysign);
    all.put("testp", CompareOps::testp);
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
    Rounding.Mode mode = mode(m);
    boolean ftz = m.take("ftz");
    boolean sat = m.take("sat");
    boolean nan = m.take("NaN");
    if (m.takeAny("xorsign", "abs")) {
      throw m.error(".xorsign.abs is not supported");
    }
    Op op = f32(o, base, mode, ftz, sat, nan);
    op.flops =
        switch (base) {
          case "fma", "mad" -> 2;
          case "abs", "neg" -> 0;
          default -> 1;
        };
    return op;
  }

  private static Op f32(
      Operands o, String base, Rounding.Mode mode, boolean ftz, boolean sat, boolean nan) {
    boolean plain = mode == Rounding.Mode.NEAREST && !ftz && !sat;
    boolean fused = base.equals("fma") || base.equals("mad");
    boolean unary = base.equals("abs") || base.equals("neg");
    o.count(fused ? 4 : unary ? 2 : 3);
    int d = o.f(o.get(0));
    int a = o.f(o.get(1));
    int b = unary ? a : o.f(o.get(2));
    int c = fused ? o.f(o.get(3)) : b;
    if (plain && fused) {
      o.computed(o.get(0));
      return new Fma(d, a, b, c);
    }
    if (plain && !nan) {
      o.computed(o.get(0));
      return new FloatOp(d, a, b, c, loop(base));
    }
    Lane lane = lane(base, mode, nan);
    Lane flushed =
        ftz
            ? (x, y, z) ->
                Rounding.flush(lane.apply(Rounding.flush(x), Rounding.flush(y), Rounding.flush(z)))
            : lane;
    return new FloatOp(
        d, a, b, c, each(sat ? (x, y, z) -> saturate(flushed.apply(x, y, z)) : flushed));
  }

  static float saturate(float f) {
    return f > 0 ? Math.min(f, 1) : 0;
  }

  static Floats each(Lane lane) {
    return (d, a, b, c) -> {
      for (int k = 0; k < 32; k++) {
        d[k] = Rounding.canonical(lane.apply(a[k], b[k], c[k]));
      }
    };
  }

  private static Lane lane(String base, Rounding.Mode mode, boolean nan) {
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

  /// Round to nearest, written out so that each becomes vector code. NaNs keep Java's bits here;
  /// the registers are marked, and whoever looks at their bits makes them canonical.
  private static Floats loop(String base) {
    return switch (base) {
      case "add" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] + b[k];
            }
          };
      case "sub" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] - b[k];
            }
          };
      case "mul" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = a[k] * b[k];
            }
          };
      case "abs" ->
          (d, a, _, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = Math.abs(a[k]);
            }
          };
      case "neg" ->
          (d, a, _, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = -a[k];
            }
          };
      case "min" ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = Rounding.min(a[k], b[k]);
            }
          };
      default ->
          (d, a, b, _) -> {
            for (int k = 0; k < 32; k++) {
              d[k] = Rounding.max(a[k], b[k]);
            }
          };
    };
  }

  /// `div` and `rcp` of `.f32`.
  static Op quotient(Operands o, Mods m, boolean reciprocal) {
    boolean approx = m.takeAny("approx", "full");
    boolean ftz = m.take("ftz");
    Rounding.Mode mode = mode(m);
    Type type = m.type();
    if (type == Type.F64) {
      return DoubleOps.quotient(o, m, reciprocal, approx, mode);
    }
    if (type != Type.F32) {
      throw m.error("wanted f32 or f64");
    }
    o.count(reciprocal ? 2 : 3);
    int d = o.f(o.get(0));
    int one = o.f(new Operand.Real(1, true, 0x3f800000));
    int a = reciprocal ? one : o.f(o.get(1));
    int b = o.f(o.get(reciprocal ? 1 : 2));
    if (approx) {
      return ApproxOps.quotient(d, a, b, ftz, reciprocal);
    }
    Lane lane =
        mode == Rounding.Mode.NEAREST ? (x, y, _) -> x / y : (x, y, _) -> Rounding.div(x, y, mode);
    Op op =
        new FloatOp(
            d,
            a,
            b,
            b,
            each(
                ftz
                    ? (x, y, _) ->
                        Rounding.flush(lane.apply(Rounding.flush(x), Rounding.flush(y), 0))
                    : lane));
    op.flops = 1;
    return op;
  }

  private static Op sqrt(Operands o, Mods m) {
    boolean approx = m.take("approx");
    boolean ftz = m.take("ftz");
    Rounding.Mode mode = mode(m);
    Type type = m.type();
    if (type == Type.F64) {
      return DoubleOps.sqrt(o, m, mode);
    }
    if (type != Type.F32) {
      throw m.error("wanted f32 or f64");
    }
    o.count(2);
    int d = o.f(o.get(0));
    int a = o.f(o.get(1));
    if (approx) {
      return ApproxOps.sqrt(d, a, ftz);
    }
    Lane lane =
        mode == Rounding.Mode.NEAREST
            ? (x, _, _) -> (float) Math.sqrt(x)
            : (x, _, _) -> Rounding.sqrt(x, mode);
    Op op =
        new FloatOp(
            d,
            a,
            a,
            a,
            each(ftz ? (x, _, _) -> Rounding.flush(lane.apply(Rounding.flush(x), 0, 0)) : lane));
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
    return new FloatOp(
        o.f(o.get(0)),
        o.f(o.get(1)),
        o.f(o.get(2)),
        o.f(o.get(2)),
        (d, a, b, _) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = Math.copySign(b[k], a[k]);
          }
        });
  }
}
