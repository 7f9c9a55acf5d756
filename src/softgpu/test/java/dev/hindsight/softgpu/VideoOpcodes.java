package dev.hindsight.softgpu;

import java.util.function.IntBinaryOperator;

/// Bytes and halves side by side, dot products of two, and the n-th set bit, each with what Java
/// makes of it another way.
final class VideoOpcodes extends Opcodes {
  VideoOpcodes() {
    bytes();
    halves();
    fns();
  }

  private static int parts(int a, int b, int width, boolean signed, IntBinaryOperator part) {
    int d = 0;
    for (int at = 0; at < 32; at += width) {
      int one = part.applyAsInt(part(a, at, width, signed), part(b, at, width, signed));
      d |= (one & (-1 >>> (32 - width))) << at;
    }
    return d;
  }

  private static int sum(int a, int b, int width, boolean signed, IntBinaryOperator part) {
    int d = 0;
    for (int at = 0; at < 32; at += width) {
      d += part.applyAsInt(part(a, at, width, signed), part(b, at, width, signed));
    }
    return d;
  }

  private static int part(int value, int at, int width, boolean signed) {
    int shifted = value << (32 - width - at);
    return signed ? shifted >> (32 - width) : shifted >>> (32 - width);
  }

  private void bytes() {
    IntBinaryOperator apart = (x, y) -> x < y ? y - x : x - y;
    b32("vabsdiff4.u32.u32.u32", (a, b, _) -> parts(a, b, 8, false, apart));
    b32("vabsdiff4.u32.u32.u32.add", (a, b, c) -> c + sum(a, b, 8, false, apart));
    b32("vabsdiff4.s32.s32.s32.add", (a, b, c) -> c + sum(a, b, 8, true, apart));
    b32(
        "vabsdiff4.s32.s32.s32.sat",
        (a, b, _) -> parts(a, b, 8, true, (x, y) -> Math.min(127, apart.applyAsInt(x, y))));
    b32("vadd4.u32.u32.u32", (a, b, _) -> parts(a, b, 8, false, Integer::sum));
    b32(
        "vadd4.u32.u32.u32.sat",
        (a, b, _) -> parts(a, b, 8, false, (x, y) -> x + y > 255 ? 255 : x + y));
    b32("vsub4.s32.s32.s32", (a, b, _) -> parts(a, b, 8, true, (x, y) -> x - y));
    b32("vsub4.u32.u32.u32.sat", (a, b, _) -> parts(a, b, 8, false, (x, y) -> x < y ? 0 : x - y));
    b32("vavrg4.u32.u32.u32", (a, b, _) -> parts(a, b, 8, false, (x, y) -> (x + y + 1) / 2));
    b32("vmin4.u32.u32.u32", (a, b, _) -> parts(a, b, 8, false, (x, y) -> x < y ? x : y));
    b32("vmax4.s32.s32.s32", (a, b, _) -> parts(a, b, 8, true, (x, y) -> x < y ? y : x));
    b32("vset4.u32.u32.lt", (a, b, _) -> parts(a, b, 8, false, (x, y) -> x < y ? 1 : 0));
    b32("vset4.s32.s32.ge.add", (a, b, c) -> c + sum(a, b, 8, true, (x, y) -> x < y ? 0 : 1));
  }

  private void halves() {
    b32("vadd2.s32.s32.s32", (a, b, _) -> parts(a, b, 16, true, Integer::sum));
    b32(
        "vsub2.s32.s32.s32.sat",
        (a, b, _) -> parts(a, b, 16, true, (x, y) -> Math.clamp((long) x - y, -32768, 32767)));
    b32(
        "vabsdiff2.u32.u32.u32.add",
        (a, b, c) -> c + sum(a, b, 16, false, (x, y) -> Math.abs(x - y)));
    b32("vmin2.s32.s32.s32", (a, b, _) -> parts(a, b, 16, true, (x, y) -> x < y ? x : y));
    b32("vmax2.u32.u32.u32", (a, b, _) -> parts(a, b, 16, false, (x, y) -> x < y ? y : x));
    b32("dp2a.lo.s32.s32", (a, b, c) -> c + (short) a * (byte) b + (a >> 16) * (byte) (b >> 8));
    b32(
        "dp2a.hi.u32.u32",
        (a, b, c) -> c + (a & 0xffff) * (b >> 16 & 255) + (a >>> 16) * (b >>> 24));
    b32("dp2a.hi.s32.u32", (a, b, c) -> c + (short) a * (b >> 16 & 255) + (a >> 16) * (b >>> 24));
  }

  private void fns() {
    b32("fns.b32 $d, $a, 0, 1", a -> a == 0 ? -1 : Integer.numberOfTrailingZeros(a));
    b32("fns.b32 $d, $a, 31, -1", a -> a == 0 ? -1 : 31 - Integer.numberOfLeadingZeros(a));
    b32(
        "and.b32 $b, $b, 31; fns.b32 $d, $a, $b, 0",
        (a, b) -> (a >>> (b & 31) & 1) == 1 ? b & 31 : -1);
    b32(
        "and.b32 $b, $b, 31; and.b32 $c, $c, 7; fns.b32 $d, $a, $b, $c",
        (a, b, c) -> nth(a & (-1 << (b & 31)), b & 31, c & 7));
    b32(
        "and.b32 $b, $b, 31; fns.b32 $d, $a, $b, -2",
        (a, b) -> {
          int mirrored = nth(Integer.reverse(a) & (-1 << (31 - (b & 31))), 31 - (b & 31), 2);
          return mirrored < 0 ? -1 : 31 - mirrored;
        });
  }

  /// Of the set bits the n-th lowest; for 0 the place where that bit is set.
  private static int nth(int bits, int place, int n) {
    int left = bits;
    for (int i = 1; i < n; i++) {
      left &= left - 1;
    }
    boolean none = n == 0 ? (bits >>> place & 1) == 0 : left == 0;
    return none ? -1 : n == 0 ? place : Integer.numberOfTrailingZeros(left);
  }
}
