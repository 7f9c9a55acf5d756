package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.Opcode.b32;
import static dev.hindsight.softgpu.Opcode.b64;
import static dev.hindsight.softgpu.Opcode.bits;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// Integer arithmetic, each with what Java makes of it another way.
final class IntegerOpcodes {
  private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

  private IntegerOpcodes() {}

  static List<Opcode> all() {
    List<Opcode> all = new ArrayList<>();
    arithmetic(all);
    wide(all);
    shorts(all);
    return all;
  }

  private static BigInteger unsigned(long value) {
    BigInteger big = BigInteger.valueOf(value);
    return big.signum() < 0 ? big.add(TWO_64) : big;
  }

  private static void arithmetic(List<Opcode> all) {
    all.add(b32("add.s32 $d, $a, $b", 2, (a, b, _) -> a + b));
    all.add(b32("add.u32 $d, $a, -5", 1, (a, _, _) -> a - 5));
    all.add(b32("sub.s32 $d, $a, $b", 2, (a, b, _) -> a - b));
    all.add(
        b32(
            "add.sat.s32 $d, $a, $b",
            2,
            (a, b, _) -> Math.clamp((long) a + b, Integer.MIN_VALUE, Integer.MAX_VALUE)));
    all.add(
        b32(
            "sub.sat.s32 $d, $a, $b",
            2,
            (a, b, _) -> Math.clamp((long) a - b, Integer.MIN_VALUE, Integer.MAX_VALUE)));
    all.add(b32("mul.lo.s32 $d, $a, $b", 2, (a, b, _) -> a * b));
    all.add(b32("mad.lo.s32 $d, $a, $b, $c", 3, (a, b, c) -> a * b + c));
    all.add(b32("mul.hi.s32 $d, $a, $b", 2, (a, b, _) -> (int) (((long) a * b) >> 32)));
    all.add(
        b32(
            "mul.hi.u32 $d, $a, $b",
            2,
            (a, b, _) -> (int) ((Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b)) >>> 32)));
    all.add(b32("mad.hi.s32 $d, $a, $b, $c", 3, (a, b, c) -> (int) (((long) a * b) >> 32) + c));
    all.add(
        b32(
            "mad.hi.u32 $d, $a, $b, $c",
            3,
            (a, b, c) ->
                (int) ((Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b)) >>> 32) + c));
    all.add(b32("mul24.lo.s32 $d, $a, $b", 2, (a, b, _) -> (a << 8 >> 8) * (b << 8 >> 8)));
    all.add(
        b32(
            "mul24.hi.u32 $d, $a, $b",
            2,
            (a, b, _) -> (int) (((a & 0xffffffL) * (b & 0xffffff)) >>> 16)));
    all.add(
        b32("mad24.lo.u32 $d, $a, $b, $c", 3, (a, b, c) -> (a & 0xffffff) * (b & 0xffffff) + c));
    all.add(b32("sad.s32 $d, $a, $b, $c", 3, (a, b, c) -> (int) Math.abs((long) a - b) + c));
    all.add(
        b32(
            "sad.u32 $d, $a, $b, $c",
            3,
            (a, b, c) ->
                (int) Math.abs(Integer.toUnsignedLong(a) - Integer.toUnsignedLong(b)) + c));
    all.add(b32("min.s32 $d, $a, $b", 2, (a, b, _) -> a < b ? a : b));
    all.add(b32("max.s32 $d, $a, $b", 2, (a, b, _) -> a > b ? a : b));
    all.add(
        b32(
            "min.u32 $d, $a, $b",
            2,
            (a, b, _) -> a + Integer.MIN_VALUE < b + Integer.MIN_VALUE ? a : b));
    all.add(
        b32(
            "max.u32 $d, $a, $b",
            2,
            (a, b, _) -> a + Integer.MIN_VALUE > b + Integer.MIN_VALUE ? a : b));
    all.add(b32("abs.s32 $d, $a", 1, (a, _, _) -> a < 0 ? -a : a));
    all.add(b32("neg.s32 $d, $a", 1, (a, _, _) -> ~a + 1));
    all.add(b32("div.s32 $d, $a, $b", 2, (a, b, _) -> b == 0 ? -1 : a / b));
    all.add(b32("rem.s32 $d, $a, $b", 2, (a, b, _) -> b == 0 ? a : a % b));
    all.add(b32("div.u32 $d, $a, $b", 2, (a, b, _) -> b == 0 ? -1 : Integer.divideUnsigned(a, b)));
    all.add(
        b32("rem.u32 $d, $a, $b", 2, (a, b, _) -> b == 0 ? a : Integer.remainderUnsigned(a, b)));
    all.add(b64("add.s64 $d, $a, $b", 2, (a, b, _) -> a + b));
    all.add(b64("sub.s64 $d, $a, $b", 2, (a, b, _) -> a - b));
    all.add(b64("mul.lo.s64 $d, $a, $b", 2, (a, b, _) -> a * b));
    all.add(b64("mad.lo.s64 $d, $a, $b, $c", 3, (a, b, c) -> a * b + c));
    all.add(
        b64(
            "mul.hi.s64 $d, $a, $b",
            2,
            (a, b, _) ->
                BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)).shiftRight(64).longValue()));
    all.add(
        b64(
            "mul.hi.u64 $d, $a, $b",
            2,
            (a, b, _) -> unsigned(a).multiply(unsigned(b)).shiftRight(64).longValue()));
    all.add(b64("min.s64 $d, $a, $b", 2, (a, b, _) -> a < b ? a : b));
    all.add(b64("max.u64 $d, $a, $b", 2, (a, b, _) -> unsigned(a).max(unsigned(b)).longValue()));
    all.add(b64("abs.s64 $d, $a", 1, (a, _, _) -> a < 0 ? -a : a));
    all.add(b64("neg.s64 $d, $a", 1, (a, _, _) -> -a));
    all.add(b64("div.s64 $d, $a, $b", 2, (a, b, _) -> b == 0 ? -1 : a / b));
    all.add(
        b64(
            "rem.u64 $d, $a, $b",
            2,
            (a, b, _) -> b == 0 ? a : unsigned(a).mod(unsigned(b)).longValue()));
    all.add(
        b64(
            "div.u64 $d, $a, $b",
            2,
            (a, b, _) -> b == 0 ? -1 : unsigned(a).divide(unsigned(b)).longValue()));
    all.add(bits("add.s16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> (a + b) & 0xffff));
    all.add(bits("sub.u16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> (a - b) & 0xffff));
    all.add(bits("mul.lo.s16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> (a * b) & 0xffff));
    all.add(
        bits(
            "min.s16 $d, $a, $b",
            "b16 b16 b16",
            (a, b, _) -> ((short) a < (short) b ? a : b) & 0xffff));
    all.add(bits("max.u16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> Math.max(a, b)));
    all.add(bits("abs.s16 $d, $a", "b16 b16", (a, _, _) -> Math.abs((short) a) & 0xffff));
  }

  private static void wide(List<Opcode> all) {
    all.add(bits("mul.wide.s32 $d, $a, $b", "b64 b32 b32", (a, b, _) -> (long) (int) a * (int) b));
    all.add(bits("mul.wide.u32 $d, $a, $b", "b64 b32 b32", (a, b, _) -> a * b));
    all.add(
        bits(
            "mad.wide.s32 $d, $a, $b, $c",
            "b64 b32 b32 b64",
            (a, b, c) -> (long) (int) a * (int) b + c));
    all.add(bits("mad.wide.u32 $d, $a, $b, $c", "b64 b32 b32 b64", (a, b, c) -> a * b + c));
    all.add(
        bits(
            "mul.wide.s16 $d, $a, $b",
            "b32 b16 b16",
            (a, b, _) -> ((short) a * (short) b) & 0xffffffffL));
    all.add(bits("mul.wide.u16 $d, $a, $b", "b32 b16 b16", (a, b, _) -> a * b & 0xffffffffL));
    all.add(
        b32(
            "dp4a.s32.s32 $d, $a, $b, $c",
            3,
            (a, b, c) ->
                (byte) a * (byte) b
                    + (byte) (a >> 8) * (byte) (b >> 8)
                    + (byte) (a >> 16) * (byte) (b >> 16)
                    + (a >> 24) * (b >> 24)
                    + c));
    all.add(
        b32(
            "dp4a.u32.u32 $d, $a, $b, $c",
            3,
            (a, b, c) ->
                (a & 255) * (b & 255)
                    + (a >>> 8 & 255) * (b >>> 8 & 255)
                    + (a >>> 16 & 255) * (b >>> 16 & 255)
                    + (a >>> 24) * (b >>> 24)
                    + c));
  }

  /// 16 bits with the immediates that nvcc writes, which are signed whatever the type.
  private static void shorts(List<Opcode> all) {
    all.add(bits("mul.hi.u16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> (a * b) >>> 16));
    all.add(bits("mul.hi.u16 $d, $a, -21845", "b16 b16", (a, _, _) -> (a * 43691) >>> 16));
    all.add(bits("mul.hi.u16 $d, $a, -21845; shr.u16 $d, $d, 1", "b16 b16", (a, _, _) -> a / 3));
    all.add(
        bits(
            "mul.hi.s16 $d, $a, -21845",
            "b16 b16",
            (a, _, _) -> (((short) a * -21845) >> 16) & 0xffff));
    all.add(
        bits(
            "mad.hi.u16 $d, $a, -21845, -7",
            "b16 b16",
            (a, _, _) -> (((a * 43691) >>> 16) + 65529) & 0xffff));
    all.add(bits("mul.wide.u16 $d, $a, -21845", "b32 b16", (a, _, _) -> a * 43691));
    all.add(bits("max.u16 $d, $a, -25536", "b16 b16", (a, _, _) -> a < 40000 ? 40000 : a));
    all.add(bits("min.u16 $d, -25536, $a", "b16 b16", (a, _, _) -> a < 40000 ? a : 40000));
    all.add(bits("max.s16 $d, $a, -5", "b16 b16", (a, _, _) -> Math.max((short) a, -5) & 0xffff));
    all.add(bits("shr.u16 $d, -32768, $a", "b16 b32", (a, _, _) -> a > 15 ? 0 : 32768 >>> (int) a));
    all.add(
        bits(
            "shr.s16 $d, -32768, $a",
            "b16 b32",
            (a, _, _) -> (-32768 >> Math.min(a, 15)) & 0xffff));
    all.add(bits("div.u16 $d, $a, -3", "b16 b16", (a, _, _) -> a / 65533));
    all.add(bits("rem.u16 $d, -3, $a", "b16 b16", (a, _, _) -> a == 0 ? 65533 : 65533 % a));
    all.add(bits("setp.lt.u16 $d, $a, -14536", "pred b16", (a, _, _) -> a < 51000 ? 1 : 0));
    all.add(
        bits("set.ge.u32.u16 $d, $a, -14536", "b32 b16", (a, _, _) -> a < 51000 ? 0 : 0xffffffffL));
    all.add(
        bits("slct.u16.s32 $d, $a, -5, $b", "b16 b16 b32", (a, b, _) -> (int) b < 0 ? 65531 : a));
    all.add(bits("cnot.b16 $d, $a", "b16 b16", (a, _, _) -> a == 0 ? 1 : 0));
    all.add(bits("xor.b16 $d, $a, -1", "b16 b16", (a, _, _) -> 65535 - a));
  }
}
