package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Vector.WideOp;
import dev.hindsight.softgpu.exec.Warp;
import dev.hindsight.softgpu.ptx.Type;
import java.util.List;
import java.util.Map;

/// `add sub mul mad fma div rem min max abs neg` of every type.
final class ArithmeticOps {
  private ArithmeticOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    for (String base : List.of("add", "sub", "min", "max", "abs", "neg", "mul", "mad", "fma")) {
      all.put(base, (o, m) -> decode(o, m, base));
    }
    all.put("div", (o, m) -> divide(o, m, false));
    all.put("rem", (o, m) -> divide(o, m, true));
    all.put("mul24", (o, m) -> mul24(o, m, false));
    all.put("mad24", (o, m) -> mul24(o, m, true));
    all.put("sad", ArithmeticOps::sad);
  }

  private static Op decode(Operands o, Mods m, String base) {
    boolean relu = m.take("relu");
    Type type = m.type();
    switch (type) {
      case F32 -> {
        if (relu) {
          throw m.error(".relu is not supported for f32");
        }
        return FloatOps.f32(o, m, base);
      }
      case F64 -> {
        return DoubleOps.f64(o, m, base);
      }
      case F16, F16X2, BF16, BF16X2 -> {
        return HalfOps.arithmetic(o, m, base, type, relu);
      }
      default -> {}
    }
    if (relu) {
      throw m.error(".relu is not supported");
    }
    if (base.equals("mul") || base.equals("mad")) {
      String half = m.oneOf("", "lo", "hi", "wide");
      return switch (half) {
        case "wide" -> wide(o, m, type, base.equals("mad"));
        case "hi" -> high(o, m, type, base.equals("mad"));
        case "lo" -> IntegerLoops.op(o, m, base, type);
        default -> throw m.error("wanted .lo, .hi or .wide");
      };
    }
    if (base.equals("fma")) {
      throw m.error("fma wants a float type");
    }
    if (m.take("sat")) {
      return saturating(o, m, base, type);
    }
    if (m.take("cc")) {
      throw m.error("carry flags are not supported");
    }
    return IntegerLoops.op(o, m, base, type);
  }

  private static Op saturating(Operands o, Mods m, String base, Type type) {
    if (type != Type.S32 || (!base.equals("add") && !base.equals("sub"))) {
      throw m.error(".sat is supported for add.s32 and sub.s32");
    }
    int sign = base.equals("add") ? 1 : -1;
    return scalar(
        o,
        type,
        (a, b, _) ->
            Math.clamp(
                (long) (int) a + sign * (long) (int) b, Integer.MIN_VALUE, Integer.MAX_VALUE));
  }

  /// An op on raw bits with one to three sources of one type.
  static Op scalar(Operands o, Type type, Scalar.Lane lane) {
    Ref none = new Ref(Ref.File.NOWHERE, 0);
    return new Scalar(
        o.ref(o.get(0), type),
        o.ref(o.get(1), type),
        o.count() > 2 ? o.ref(o.get(2), type) : none,
        o.count() > 3 ? o.ref(o.get(3), type) : none,
        lane);
  }

  private static Op wide(Operands o, Mods m, Type type, boolean add) {
    o.count(add ? 4 : 3);
    if (type.bytes == 2) {
      return new Scalar(
          o.ref(o.get(0), Type.B32),
          o.ref(o.get(1), type),
          o.ref(o.get(2), type),
          add ? o.ref(o.get(3), Type.B32) : new Ref(Ref.File.NOWHERE, 0),
          type.signed()
              ? (a, b, c) -> (short) a * (short) b + (int) c
              : (a, b, c) -> (a & 0xffff) * (b & 0xffff) + (int) c);
    }
    if (type.bytes != 4) {
      throw m.error(".wide wants 16 or 32 bits");
    }
    int d = o.l(o.get(0));
    int a = o.i(o.get(1));
    int b = o.i(o.get(2));
    int c = add ? o.l(o.get(3)) : -1;
    if (type.signed()) {
      return new WideOp(d, a, b, c, add ? ArithmeticOps::madWideS : ArithmeticOps::mulWideS);
    }
    return new WideOp(d, a, b, c, add ? ArithmeticOps::madWideU : ArithmeticOps::mulWideU);
  }

  private static void mulWideS(long[] d, int[] a, int[] b, long[] c) {
    for (int k = 0; k < 32; k++) {
      d[k] = (long) a[k] * b[k];
    }
  }

  private static void madWideS(long[] d, int[] a, int[] b, long[] c) {
    for (int k = 0; k < 32; k++) {
      d[k] = (long) a[k] * b[k] + c[k];
    }
  }

  private static void mulWideU(long[] d, int[] a, int[] b, long[] c) {
    for (int k = 0; k < 32; k++) {
      d[k] = (a[k] & 0xffffffffL) * (b[k] & 0xffffffffL);
    }
  }

  private static void madWideU(long[] d, int[] a, int[] b, long[] c) {
    for (int k = 0; k < 32; k++) {
      d[k] = (a[k] & 0xffffffffL) * (b[k] & 0xffffffffL) + c[k];
    }
  }

  private static Op high(Operands o, Mods m, Type type, boolean add) {
    o.count(add ? 4 : 3);
    return switch (type) {
      case S32 -> scalar(o, type, (a, b, c) -> (((long) (int) a * (int) b) >> 32) + c);
      case U32 -> scalar(o, type, (a, b, c) -> ((a * b) >>> 32) + c);
      case S64 -> scalar(o, type, (a, b, c) -> Math.multiplyHigh(a, b) + c);
      case U64 -> scalar(o, type, (a, b, c) -> Math.unsignedMultiplyHigh(a, b) + c);
      case S16 -> scalar(o, type, (a, b, c) -> (((short) a * (short) b) >> 16) + c);
      case U16 -> scalar(o, type, (a, b, c) -> ((a * b) >>> 16) + c);
      default -> throw m.error("wanted an integer type");
    };
  }

  private static Op mul24(Operands o, Mods m, boolean add) {
    boolean high = m.take("hi");
    if (!high && !m.take("lo")) {
      throw m.error("wanted .lo or .hi");
    }
    Type type = m.type();
    o.count(add ? 4 : 3);
    int shift = high ? 16 : 0;
    return switch (type) {
      case S32 ->
          scalar(
              o,
              type,
              (a, b, c) -> (((long) ((int) a << 8 >> 8) * ((int) b << 8 >> 8)) >> shift) + c);
      case U32 -> scalar(o, type, (a, b, c) -> (((a & 0xffffff) * (b & 0xffffff)) >>> shift) + c);
      default -> throw m.error("wanted s32 or u32");
    };
  }

  private static Op sad(Operands o, Mods m) {
    Type type = m.type();
    o.count(4);
    return switch (type) {
      case S32 -> scalar(o, type, (a, b, c) -> Math.abs((long) (int) a - (int) b) + c);
      case U32 -> scalar(o, type, (a, b, c) -> Math.abs(a - b) + c);
      default -> throw m.error("wanted s32 or u32");
    };
  }

  private static Op divide(Operands o, Mods m, boolean rest) {
    if (!rest && isFloat(o)) {
      return FloatOps.quotient(o, m, false);
    }
    Type type = m.type();
    o.count(3);
    Scalar.Lane lane =
        switch (type) {
          case S32 -> rest ? (a, b, _) -> (int) a % (int) b : (a, b, _) -> (int) a / (int) b;
          case U32, U64 ->
              rest
                  ? (a, b, _) -> Long.remainderUnsigned(a, b)
                  : (a, b, _) -> Long.divideUnsigned(a, b);
          case S64 -> rest ? (a, b, _) -> a % b : (a, b, _) -> a / b;
          case S16 ->
              rest ? (a, b, _) -> (short) a % (short) b : (a, b, _) -> (short) a / (short) b;
          case U16 -> rest ? (a, b, _) -> a % b : (a, b, _) -> a / b;
          default -> throw m.error("wanted an integer type");
        };
    return new Divide(
        o.ref(o.get(0), type), o.ref(o.get(1), type), o.ref(o.get(2), type), type, rest, lane);
  }

  private static boolean isFloat(Operands o) {
    return o.source().has("f32") || o.source().has("f64");
  }

  /// Division reports a zero divisor and gives what GPUs give: all ones, or the dividend as rest.
  private static final class Divide extends Op {
    private final Ref d;
    private final Ref a;
    private final Ref b;
    private final long mask;
    private final boolean rest;
    private final Scalar.Lane lane;

    Divide(Ref d, Ref a, Ref b, Type type, boolean rest, Scalar.Lane lane) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.mask = type.bytes == 8 ? -1 : (1L << type.bits()) - 1;
      this.rest = rest;
      this.lane = lane;
    }

    @Override
    public void exec(Warp w, int lanes) {
      for (int left = lanes; left != 0; left &= left - 1) {
        int k = Integer.numberOfTrailingZeros(left);
        long x = a.get(w, k) & mask;
        long y = b.get(w, k) & mask;
        if (y == 0) {
          if (w.block.launch.division) {
            w.report(
                Kind.DIVISION_BY_ZERO,
                k,
                this,
                () -> new Message("Integer division by zero: " + x + " / 0"));
          }
          d.set(w, k, rest ? x : -1);
        } else {
          d.set(w, k, lane.apply(x, y, 0));
        }
      }
    }
  }
}
