package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Float8;
import dev.hindsight.softgpu.exec.Halves;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.exec.Scalar;
import dev.hindsight.softgpu.exec.Vector;
import dev.hindsight.softgpu.exec.Vector.Wide;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `cvt` and `cvt.pack`.
final class ConvertOps {
  private ConvertOps() {}

  static void register(Map<String, Decoder.Handler> all) {
    all.put("cvt", ConvertOps::decode);
  }

  private static Op decode(Operands o, Mods m) {
    String round = m.oneOf("", "rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi");
    boolean ftz = m.take("ftz");
    boolean sat = m.take("sat");
    boolean relu = m.take("relu");
    String bytes = m.takeMatching("e4m3x2|e5m2x2");
    if (!bytes.isEmpty()) {
      return pairs(o, m, bytes, round, relu);
    }
    Type to = m.type();
    Type from = m.type();
    if (to == Type.F16X2 || to == Type.BF16X2) {
      return pack(o, m, to, from, round, relu);
    }
    if (to == Type.TF32) {
      if (!round.equals("rna") || from != Type.F32) {
        throw m.error("wanted cvt.rna.tf32.f32");
      }
      return o.scalar((a, _, _) -> Halves.tf32(Float.intBitsToFloat((int) a)), Type.B32, Type.F32);
    }
    if (round.equals("rna")) {
      throw m.error(".rna is for tf32");
    }
    Op fast = relu || sat ? null : fast(o, to, from, round);
    return fast != null ? fast : o.scalar(lane(m, to, from, round, ftz, sat, relu), to, from);
  }

  /// Between pairs of 8-bit floats and f32 or pairs of f16.
  private static Op pairs(Operands o, Mods m, String bytes, String round, boolean relu) {
    int mantissa = bytes.equals("e4m3x2") ? 3 : 2;
    boolean from = o.source().opcode().getLast().equals(bytes);
    if (!round.equals("rn") || m.take("satfinite") == from) {
      throw m.error(from ? "wanted .rn" : "wanted .rn.satfinite");
    }
    Type other = m.type();
    if (from && other == Type.F16X2) {
      return o.scalar(
          (a, _, _) -> half(a, mantissa, relu) | half(a >>> 8, mantissa, relu) << 16,
          Type.B32,
          Type.B16);
    }
    if (!from && other == Type.F16X2) {
      return o.scalar(
          (a, _, _) ->
              small(Halves.toFloat((int) a & 0xffff, Type.F16), mantissa, relu)
                  | small(Halves.toFloat((int) a >>> 16, Type.F16), mantissa, relu) << 8,
          Type.B16,
          Type.B32);
    }
    if (from || other != Type.F32) {
      throw m.error("wanted f32 or f16x2");
    }
    return o.scalar(
        (high, low, _) ->
            small(Float.intBitsToFloat((int) high), mantissa, relu) << 8
                | small(Float.intBitsToFloat((int) low), mantissa, relu),
        Type.B16,
        Type.F32,
        Type.F32);
  }

  private static long small(float value, int mantissa, boolean relu) {
    return Float8.of(relu && value <= 0 ? 0 : value, mantissa);
  }

  private static long half(long bits, int mantissa, boolean relu) {
    float value = mantissa == 3 ? Float8.e4m3((int) bits) : Float8.e5m2((int) bits);
    return Halves.fromFloat(relu && value <= 0 ? 0 : value, Type.F16);
  }

  private static @Nullable Op fast(Operands o, Type to, Type from, String round) {
    o.count(2);
    // A source or target register may be wider than its type: that is for the general way.
    boolean exact =
        MoveOps.isWide(o.get(0)) == (to.bytes == 8)
            && MoveOps.isWide(o.get(1)) == (from.bytes == 8);
    if (!exact) {
      return null;
    }
    boolean fromInt = from == Type.S32 || from == Type.U32;
    if (fromInt && (to == Type.S64 || to == Type.U64) && round.isEmpty()) {
      int a = o.i(1);
      return Vector.wide(o.l(0), a, a, -1, widen(from));
    }
    if ((to == Type.S32 || to == Type.U32) && from.bytes == 8 && !from.floating()) {
      return Vector.narrow(o.i(0), o.l(1));
    }
    return from == Type.S32 && to == Type.F32 && round.equals("rn")
        ? Vector.intToFloat(o.f(0), o.i(1))
        : null;
  }

  private static Wide widen(Type from) {
    return from.signed()
        ? (d, a, _, _) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = a[k];
          }
        }
        : (d, a, _, _) -> {
          for (int k = 0; k < 32; k++) {
            d[k] = a[k] & 0xffffffffL;
          }
        };
  }

  private static Op pack(Operands o, Mods m, Type to, Type from, String round, boolean relu) {
    if (from != Type.F32 || (!round.equals("rn") && !round.equals("rz"))) {
      throw m.error("wanted .rn or .rz from f32");
    }
    Rounding.Mode mode = mode(round);
    return o.scalar(
        (high, low, _) -> half(high, to, mode, relu) << 16 | half(low, to, mode, relu),
        Type.B32,
        Type.F32,
        Type.F32);
  }

  private static long half(long bits, Type to, Rounding.Mode mode, boolean relu) {
    float value = Float.intBitsToFloat((int) bits);
    return Halves.fromDouble(relu && value < 0 ? 0 : value, 0, to, mode);
  }

  private static Rounding.Mode mode(String round) {
    return switch (round) {
      case "rz", "rzi" -> Rounding.Mode.ZERO;
      case "rm", "rmi" -> Rounding.Mode.DOWN;
      case "rp", "rpi" -> Rounding.Mode.UP;
      default -> Rounding.Mode.NEAREST;
    };
  }

  private static Scalar.Lane lane(
      Mods m, Type to, Type from, String round, boolean ftz, boolean sat, boolean relu) {
    Rounding.Mode mode = mode(round);
    boolean whole = round.endsWith("i");
    if (from.floating() && to.floating()) {
      return (a, _, _) -> {
        double value = read(a, from, ftz);
        value = whole ? mode.whole(value) : value;
        value = relu && value < 0 ? 0 : value;
        // NaN saturates to +0.
        value = sat ? value > 0 ? Math.min(value, 1) : 0 : value;
        return write(value, 0, to, mode, ftz);
      };
    }
    if (relu) {
      throw m.error(".relu is not supported here");
    }
    if (from.floating()) {
      long ofNan = Conversions.ofNan(from, to);
      return (a, _, _) -> Conversions.toInteger(read(a, from, ftz), to, mode, ofNan);
    }
    if (to.floating()) {
      return (a, _, _) -> {
        long value = Conversions.extend(a, from);
        boolean unsigned64 = from == Type.U64 && value < 0;
        double near = unsigned64 ? Conversions.unsigned(value) : value;
        if (sat) {
          return write(Math.clamp(near, 0, 1), 0, to, mode, ftz);
        }
        return write(near, Conversions.error(value, near, unsigned64), to, mode, ftz);
      };
    }
    return sat
        ? (a, _, _) -> Conversions.clamp(Conversions.extend(a, from), from, to)
        : (a, _, _) -> Conversions.extend(Conversions.extend(a, from), to);
  }

  private static double read(long bits, Type from, boolean ftz) {
    return switch (from) {
      case F64 -> Double.longBitsToDouble(bits);
      case F32 -> {
        float f = Float.intBitsToFloat((int) bits);
        yield ftz ? Rounding.flush(f) : f;
      }
      default -> Halves.toFloat((int) bits, from);
    };
  }

  private static long write(double value, double error, Type to, Rounding.Mode mode, boolean ftz) {
    return switch (to) {
      case F64 -> Double.doubleToRawLongBits(DirectedDoubles.toward(value, error, mode));
      case F32 -> {
        float f = Rounding.round(value, error, mode);
        yield Float.floatToRawIntBits(ftz ? Rounding.flush(f) : f);
      }
      default -> Halves.fromDouble(value, error, to, mode);
    };
  }
}
