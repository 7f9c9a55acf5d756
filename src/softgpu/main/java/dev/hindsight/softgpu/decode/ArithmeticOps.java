package dev.hindsight.softgpu.decode;

import static dev.hindsight.softgpu.ptx.Type.B32;

import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Ref;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Vector;
import dev.hindsight.softgpu.exec.Vector.Wide;
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
    all.put("mul24", (o, m) -> mul24(o, m, 3));
    all.put("mad24", (o, m) -> mul24(o, m, 4));
    all.put("sad", ArithmeticOps::sad);
  }

  private static Op decode(Operands o, Mods m, String base) {
    if (o.source().has("cc")) {
      return CarryOps.decode(o, m, base, false);
    }
    Type type = m.type();
    return switch (type) {
      case F32 -> FloatOps.f32(o, m, base);
      case F64 -> DoubleOps.f64(o, m, base);
      case F16, F16X2, BF16, BF16X2 -> HalfOps.arithmetic(o, m, base, type);
      default -> integers(o, m, base, type);
    };
  }

  private static Op integers(Operands o, Mods m, String base, Type type) {
    if (base.equals("mul") || base.equals("mad")) {
      int operands = base.equals("mad") ? 4 : 3;
      return switch (m.one("lo", "hi", "wide")) {
        case "wide" -> wide(o, m, type, operands);
        case "hi" -> o.scalar(operands, type, high(m, type));
        default -> IntegerLoops.op(o, m, base, type);
      };
    }
    return m.take("sat") ? saturating(o, m, base, type) : IntegerLoops.op(o, m, base, type);
  }

  private static Op saturating(Operands o, Mods m, String base, Type type) {
    if (type != Type.S32 || (!base.equals("add") && !base.equals("sub"))) {
      throw m.error(".sat is supported for add.s32 and sub.s32");
    }
    int sign = base.equals("add") ? 1 : -1;
    return o.scalar(
        3,
        type,
        (a, b, _) ->
            Math.clamp(
                (long) (int) a + sign * (long) (int) b, Integer.MIN_VALUE, Integer.MAX_VALUE));
  }

  private static Op wide(Operands o, Mods m, Type type, int operands) {
    boolean add = operands == 4;
    if (type.bytes == 2) {
      Scalar.Lane lane =
          type.signed()
              ? (a, b, c) -> (short) a * (short) b + (int) c
              : (a, b, c) -> (a & 0xffff) * (b & 0xffff) + (int) c;
      return add ? o.scalar(lane, B32, type, type, B32) : o.scalar(lane, B32, type, type);
    }
    if (type.bytes != 4) {
      throw m.error(".wide wants 16 or 32 bits");
    }
    o.count(operands);
    return Vector.wide(
        o.l(0), o.i(1), o.i(2), add ? o.l(3) : -1, add ? madWide(type) : mulWide(type));
  }

  private static Wide mulWide(Type type) {
    return type.signed()
        ? (d, a, b, _) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = (long) a[k] * b[k];
          }
        }
        : (d, a, b, _) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = (a[k] & 0xffffffffL) * (b[k] & 0xffffffffL);
          }
        };
  }

  private static Wide madWide(Type type) {
    return type.signed()
        ? (d, a, b, c) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = (long) a[k] * b[k] + c[k];
          }
        }
        : (d, a, b, c) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = (a[k] & 0xffffffffL) * (b[k] & 0xffffffffL) + c[k];
          }
        };
  }

  static Scalar.Lane high(Mods m, Type type) {
    return switch (type) {
      case S32 -> (a, b, c) -> (((long) (int) a * (int) b) >> 32) + c;
      case U32 -> (a, b, c) -> ((a * b) >>> 32) + c;
      case S64 -> (a, b, c) -> Math.multiplyHigh(a, b) + c;
      case U64 -> (a, b, c) -> Math.unsignedMultiplyHigh(a, b) + c;
      case S16 -> (a, b, c) -> (((short) a * (short) b) >> 16) + c;
      case U16 -> (a, b, c) -> ((a * b) >>> 16) + c;
      default -> throw m.error("wanted an integer type");
    };
  }

  private static Op mul24(Operands o, Mods m, int operands) {
    int shift = m.either("lo", "hi") ? 0 : 16;
    Type type = m.type();
    return o.scalar(
        operands,
        type,
        switch (type) {
          case S32 ->
              (a, b, c) -> (((long) ((int) a << 8 >> 8) * ((int) b << 8 >> 8)) >> shift) + c;
          case U32 -> (a, b, c) -> (((a & 0xffffff) * (b & 0xffffff)) >>> shift) + c;
          default -> throw m.error("wanted s32 or u32");
        });
  }

  private static Op sad(Operands o, Mods m) {
    Type type = m.type();
    return o.scalar(
        4,
        type,
        switch (type) {
          case S32 -> (a, b, c) -> Math.abs((long) (int) a - (int) b) + c;
          case U32 -> (a, b, c) -> Math.abs(a - b) + c;
          default -> throw m.error("wanted s32 or u32");
        });
  }

  private static Op divide(Operands o, Mods m, boolean rest) {
    if (!rest && (o.source().has("f32") || o.source().has("f64"))) {
      return FloatOps.quotient(o, m, false);
    }
    Type type = m.type();
    o.count(3);
    Scalar.Lane lane = rest ? remainder(m, type) : quotient(m, type);
    Ref d = o.ref(0, type);
    Ref a = o.ref(1, type);
    Ref b = o.ref(2, type);
    long mask = type.bytes == 8 ? -1 : (1L << type.bits()) - 1;
    // A zero divisor gives what it does on GPUs: all ones, or the dividend as rest.
    return new Op() {
      @Override
      public void exec(Warp w, int lanes) {
        for (int left = lanes; left != 0; left &= left - 1) {
          int k = Integer.numberOfTrailingZeros(left);
          long x = a.get(w, k) & mask;
          long y = b.get(w, k) & mask;
          if (y != 0) {
            d.set(w, k, lane.apply(x, y, 0));
            continue;
          }
          if (w.block.launch.division) {
            w.report(
                Kind.DIVISION_BY_ZERO,
                k,
                this,
                () -> new Message("Integer division by zero: " + x + " / 0"));
          }
          d.set(w, k, rest ? x : -1);
        }
      }
    };
  }

  private static Scalar.Lane quotient(Mods m, Type type) {
    return switch (type) {
      case S32 -> (a, b, _) -> (int) a / (int) b;
      case U32, U64 -> (a, b, _) -> Long.divideUnsigned(a, b);
      case S64, U16 -> (a, b, _) -> a / b;
      case S16 -> (a, b, _) -> (short) a / (short) b;
      default -> throw m.error("wanted an integer type");
    };
  }

  private static Scalar.Lane remainder(Mods m, Type type) {
    return switch (type) {
      case S32 -> (a, b, _) -> (int) a % (int) b;
      case U32, U64 -> (a, b, _) -> Long.remainderUnsigned(a, b);
      case S64, U16 -> (a, b, _) -> a % b;
      case S16 -> (a, b, _) -> (short) a % (short) b;
      default -> throw m.error("wanted an integer type");
    };
  }
}
