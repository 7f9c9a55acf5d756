package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Rounding;
import dev.hindsight.softgpu.ptx.Type;

/// The numbers behind `cvt`.
final class Conversions {
  private Conversions() {}

  /// What NaN becomes: 0 unless it comes from f64 or goes to 64 bits, then the top bit alone.
  static long ofNan(Type from, Type to) {
    return from != Type.F64 && to.bytes != 8 ? 0 : extend(1L << (to.bits() - 1), to);
  }

  /// Rounds and saturates.
  static long toInteger(double value, Type to, Rounding.Mode mode, long ofNan) {
    if (Double.isNaN(value)) {
      return ofNan;
    }
    double r = mode.whole(value);
    if (to == Type.U64) {
      return r <= 0 ? 0 : r >= 0x1p64 ? -1 : r < 0x1p63 ? (long) r : (long) (r - 0x1p63) ^ 1L << 63;
    }
    if (to == Type.S64) {
      return (long) r;
    }
    int bits = to.bits();
    double low = to.signed() ? -Math.scalb(1.0, bits - 1) : 0;
    double high = Math.scalb(1.0, to.signed() ? bits - 1 : bits) - 1;
    return (long) Math.clamp(r, low, high);
  }

  /// The low bits of a value, with the sign or the zeros that the type wants.
  static long extend(long value, Type type) {
    return extend(value, type.bits(), type.signed());
  }

  static long extend(long value, int bits, boolean signed) {
    int unused = 64 - bits;
    return signed ? value << unused >> unused : value << unused >>> unused;
  }

  static double unsigned(long value) {
    // Halve, keep the lost bit sticky, double again: one rounding.
    return (value >>> 1 | (value & 1)) * 2.0;
  }

  /// `value - near`, where near is the double next to it.
  static double error(long value, double near, boolean unsigned64) {
    if (Math.abs(near) < 0x1p53) {
      return 0;
    }
    if (unsigned64) {
      return near >= 0x1p64 ? value : value - ((long) (near - 0x1p63) ^ 1L << 63);
    }
    return near >= 0x1p63 ? value - Long.MAX_VALUE - 1.0 : value - (long) near;
  }

  static long clamp(long value, Type from, Type to) {
    if (to == Type.U64) {
      return from.signed() && value < 0 ? 0 : value;
    }
    if (from == Type.U64 && value < 0) {
      return to == Type.S64 ? Long.MAX_VALUE : top(to);
    }
    long low = to.signed() ? to == Type.S64 ? Long.MIN_VALUE : -top(to) - 1 : 0;
    long high = to == Type.S64 ? Long.MAX_VALUE : top(to);
    return Math.max(low, Math.min(high, value));
  }

  private static long top(Type to) {
    return (1L << (to.signed() ? to.bits() - 1 : to.bits())) - 1;
  }
}
