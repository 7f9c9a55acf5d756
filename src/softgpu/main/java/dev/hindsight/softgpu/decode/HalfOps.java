package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Halves;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.ptx.Type;

/// Arithmetic on `.f16 .bf16` and pairs of them: exact in double, then rounded once.
final class HalfOps {
  private HalfOps() {}

  static Op arithmetic(Operands o, Mods m, String base, Type type) {
    if (FloatOps.mode(m) != Rounding.Mode.NEAREST) {
      throw m.error("only .rn is supported for 16 bits");
    }
    boolean relu = m.take("relu");
    boolean ftz = m.take("ftz");
    boolean sat = m.take("sat");
    boolean nan = m.take("NaN");
    if (ftz && type != Type.F16 && type != Type.F16X2) {
      throw m.error(".ftz is for f16 and f16x2");
    }
    boolean pair = type.bytes == 4;
    boolean fused = base.equals("fma");
    boolean unary = base.equals("abs") || base.equals("neg");
    Scalar.Lane one =
        (a, b, c) -> {
          int x = (int) a;
          int y = (int) b;
          int z = (int) c;
          int bits =
              ftz
                  ? flush(half(m, base, flush(x), flush(y), flush(z), type, nan))
                  : half(m, base, x, y, z, type, nan);
          boolean number = bits != 0x7fff;
          if (number && relu && (bits & 0x8000) != 0) {
            return 0;
          }
          float value = Halves.toFloat(bits, type);
          return sat ? Halves.fromFloat(FloatOps.saturate(value), type) : bits;
        };
    // Asks once, so that an unsupported form is an error of loading.
    one.apply(0, 0, 0);
    Op op = both(o, fused ? 4 : unary ? 2 : 3, type, one);
    op.flops = (pair ? 2 : 1) * (fused ? 2 : unary ? 0 : 1);
    return op;
  }

  /// One half after the other where the type is a pair.
  private static Op both(Operands o, int operands, Type type, Scalar.Lane one) {
    return type.bytes == 4
        ? o.scalar(
            operands,
            Type.B32,
            (a, b, c) ->
                one.apply(a & 0xffff, b & 0xffff, c & 0xffff)
                    | one.apply(a >>> 16 & 0xffff, b >>> 16 & 0xffff, c >>> 16 & 0xffff) << 16)
        : o.scalar(operands, type, one);
  }

  /// Subnormals of f16 become zero and keep their sign.
  static int flush(int bits) {
    return (bits & 0x7c00) == 0 ? bits & 0x8000 : bits;
  }

  private static int half(Mods m, String base, int a, int b, int c, Type type, boolean nan) {
    if (base.equals("neg")) {
      return a ^ 0x8000;
    }
    if (base.equals("abs")) {
      return a & 0x7fff;
    }
    double x = Halves.toFloat(a, type);
    double y = Halves.toFloat(b, type);
    double z = Halves.toFloat(c, type);
    return switch (base) {
      case "add" -> sum(x, y, type);
      case "sub" -> sum(x, -y, type);
      case "mul" -> Halves.fromDouble(x * y, 0, type, Rounding.Mode.NEAREST);
      case "fma" -> sum(x * y, z, type);
      case "min", "max" -> {
        if (Double.isNaN(x) || Double.isNaN(y)) {
          yield nan || (Double.isNaN(x) && Double.isNaN(y)) ? 0x7fff : Double.isNaN(x) ? b : a;
        }
        boolean below = x < y || (x == y && (a & 0x8000) != 0);
        yield below == base.equals("min") ? a : b;
      }
      default -> throw m.error("16-bit floats are not supported");
    };
  }

  private static int sum(double a, double b, Type type) {
    double s = a + b;
    double t = s - a;
    double e = a - (s - t) + (b - t);
    return Halves.fromDouble(s, Double.isNaN(e) ? 0 : e, type, Rounding.Mode.NEAREST);
  }

  static Op approx(Operands o, Mods m, String base, Type type, boolean ftz) {
    if (!base.equals("ex2") && !base.equals("tanh")) {
      throw m.error("16-bit floats are not supported");
    }
    var exact = ApproxOps.exact(base);
    if (ftz && type != Type.BF16 && type != Type.BF16X2) {
      throw m.error(".ftz is for bf16 and bf16x2");
    }
    Scalar.Lane one =
        (a, _, _) -> {
          double value = exact.apply(Halves.toFloat((int) a & 0xffff, type), 0);
          int bits = Halves.fromDouble(value, 0, type, Rounding.Mode.NEAREST);
          // 2^x of a subnormal is 1, as of 0: only results are left to flush.
          return ftz && (bits & 0x7f80) == 0 ? bits & 0x8000 : bits;
        };
    return both(o, 2, type, one);
  }
}
