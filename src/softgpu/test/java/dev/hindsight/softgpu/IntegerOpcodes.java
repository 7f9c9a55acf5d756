package dev.hindsight.softgpu;

import java.math.BigInteger;

/// Integer arithmetic, each with what Java makes of it another way.
final class IntegerOpcodes extends Opcodes {
  IntegerOpcodes() {
    arithmetic();
    wide();
    shorts();
  }

  private void arithmetic() {
    b32("add.s32", (a, b) -> a + b);
    b32("add.u32 $d, $a, -5", a -> a - 5);
    b32("sub.s32", (a, b) -> a - b);
    b32("add.sat.s32", (a, b) -> Math.clamp((long) a + b, Integer.MIN_VALUE, Integer.MAX_VALUE));
    b32("sub.sat.s32", (a, b) -> Math.clamp((long) a - b, Integer.MIN_VALUE, Integer.MAX_VALUE));
    b32("mul.lo.s32", (a, b) -> a * b);
    b32("mad.lo.s32", (a, b, c) -> a * b + c);
    b32("mul.hi.s32", (a, b) -> (int) (((long) a * b) >> 32));
    b32(
        "mul.hi.u32",
        (a, b) -> (int) ((Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b)) >>> 32));
    b32("mad.hi.s32", (a, b, c) -> (int) (((long) a * b) >> 32) + c);
    b32(
        "mad.hi.u32",
        (a, b, c) -> (int) ((Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b)) >>> 32) + c);
    b32("mul24.lo.s32", (a, b) -> (a << 8 >> 8) * (b << 8 >> 8));
    b32("mul24.hi.u32", (a, b) -> (int) (((a & 0xffffffL) * (b & 0xffffff)) >>> 16));
    b32("mad24.lo.u32", (a, b, c) -> (a & 0xffffff) * (b & 0xffffff) + c);
    b32("sad.s32", (a, b, c) -> (int) Math.abs((long) a - b) + c);
    b32(
        "sad.u32",
        (a, b, c) -> (int) Math.abs(Integer.toUnsignedLong(a) - Integer.toUnsignedLong(b)) + c);
    b32("min.s32", (a, b) -> a < b ? a : b);
    b32("max.s32", (a, b) -> a > b ? a : b);
    b32("min.u32", (a, b) -> a + Integer.MIN_VALUE < b + Integer.MIN_VALUE ? a : b);
    b32("max.u32", (a, b) -> a + Integer.MIN_VALUE > b + Integer.MIN_VALUE ? a : b);
    b32("abs.s32", a -> a < 0 ? -a : a);
    b32("neg.s32", a -> ~a + 1);
    b32("div.s32", (a, b) -> b == 0 ? -1 : a / b);
    b32("rem.s32", (a, b) -> b == 0 ? a : a % b);
    b32("div.u32", (a, b) -> b == 0 ? -1 : Integer.divideUnsigned(a, b));
    b32("rem.u32", (a, b) -> b == 0 ? a : Integer.remainderUnsigned(a, b));
    b64("add.s64", (a, b) -> a + b);
    b64("sub.s64", (a, b) -> a - b);
    b64("mul.lo.s64", (a, b) -> a * b);
    b64("mad.lo.s64", (a, b, c) -> a * b + c);
    b64(
        "mul.hi.s64",
        (a, b) -> BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)).shiftRight(64).longValue());
    b64("mul.hi.u64", (a, b) -> unsigned(a).multiply(unsigned(b)).shiftRight(64).longValue());
    b64("min.s64", (a, b) -> a < b ? a : b);
    b64("max.u64", (a, b) -> unsigned(a).max(unsigned(b)).longValue());
    b64("abs.s64", a -> a < 0 ? -a : a);
    b64("neg.s64", a -> -a);
    b64("div.s64", (a, b) -> b == 0 ? -1 : a / b);
    b64("rem.u64", (a, b) -> b == 0 ? a : unsigned(a).mod(unsigned(b)).longValue());
    b64("div.u64", (a, b) -> b == 0 ? -1 : unsigned(a).divide(unsigned(b)).longValue());
    bits("add.s16", "b16 b16 b16", (a, b) -> (a + b) & 0xffff);
    bits("sub.u16", "b16 b16 b16", (a, b) -> (a - b) & 0xffff);
    bits("mul.lo.s16", "b16 b16 b16", (a, b) -> (a * b) & 0xffff);
    bits("min.s16", "b16 b16 b16", (a, b) -> ((short) a < (short) b ? a : b) & 0xffff);
    bits("max.u16", "b16 b16 b16", (a, b) -> Math.max(a, b));
    bits("abs.s16", "b16 b16", a -> Math.abs((short) a) & 0xffff);
  }

  private void wide() {
    bits("mul.wide.s32", "b64 b32 b32", (a, b) -> (long) (int) a * (int) b);
    bits("mul.wide.u32", "b64 b32 b32", (a, b) -> a * b);
    bits("mad.wide.s32", "b64 b32 b32 b64", (a, b, c) -> (long) (int) a * (int) b + c);
    bits("mad.wide.u32", "b64 b32 b32 b64", (a, b, c) -> a * b + c);
    bits("mul.wide.s16", "b32 b16 b16", (a, b) -> ((short) a * (short) b) & 0xffffffffL);
    bits("mul.wide.u16", "b32 b16 b16", (a, b) -> a * b & 0xffffffffL);
    b32(
        "dp4a.s32.s32",
        (a, b, c) ->
            (byte) a * (byte) b
                + (byte) (a >> 8) * (byte) (b >> 8)
                + (byte) (a >> 16) * (byte) (b >> 16)
                + (a >> 24) * (b >> 24)
                + c);
    b32(
        "dp4a.u32.u32",
        (a, b, c) ->
            (a & 255) * (b & 255)
                + (a >>> 8 & 255) * (b >>> 8 & 255)
                + (a >>> 16 & 255) * (b >>> 16 & 255)
                + (a >>> 24) * (b >>> 24)
                + c);
  }

  /// 16 bits with the immediates that nvcc writes, which are signed whatever the type.
  private void shorts() {
    bits("mul.hi.u16", "b16 b16 b16", (a, b) -> (a * b) >>> 16);
    bits("mul.hi.u16 $d, $a, -21845", "b16 b16", a -> (a * 43691) >>> 16);
    bits("mul.hi.u16 $d, $a, -21845; shr.u16 $d, $d, 1", "b16 b16", a -> a / 3);
    bits("mul.hi.s16 $d, $a, -21845", "b16 b16", a -> (((short) a * -21845) >> 16) & 0xffff);
    bits("mad.hi.u16 $d, $a, -21845, -7", "b16 b16", a -> (((a * 43691) >>> 16) + 65529) & 0xffff);
    bits("mul.wide.u16 $d, $a, -21845", "b32 b16", a -> a * 43691);
    bits("max.u16 $d, $a, -25536", "b16 b16", a -> a < 40000 ? 40000 : a);
    bits("min.u16 $d, -25536, $a", "b16 b16", a -> a < 40000 ? a : 40000);
    bits("max.s16 $d, $a, -5", "b16 b16", a -> Math.max((short) a, -5) & 0xffff);
    bits("shr.u16 $d, -32768, $a", "b16 b32", a -> a > 15 ? 0 : 32768 >>> (int) a);
    bits("shr.s16 $d, -32768, $a", "b16 b32", a -> (-32768 >> Math.min(a, 15)) & 0xffff);
    bits("div.u16 $d, $a, -3", "b16 b16", a -> a / 65533);
    bits("rem.u16 $d, -3, $a", "b16 b16", a -> a == 0 ? 65533 : 65533 % a);
    bits("setp.lt.u16 $d, $a, -14536", "pred b16", a -> a < 51000 ? 1 : 0);
    bits("set.ge.u32.u16 $d, $a, -14536", "b32 b16", a -> a < 51000 ? 0 : 0xffffffffL);
    bits("slct.u16.s32 $d, $a, -5, $b", "b16 b16 b32", (a, b) -> (int) b < 0 ? 65531 : a);
    bits("cnot.b16", "b16 b16", a -> a == 0 ? 1 : 0);
    bits("xor.b16 $d, $a, -1", "b16 b16", a -> 65535 - a);
  }
}
