package dev.hindsight.softgpu;

import java.math.BigInteger;

/// Sums, differences and products of numbers that are wider than a register, in pieces that pass a
/// carry on; Java computes the whole. `mad` with carries at one width is the other's at half of it.
final class CarryOpcodes extends Opcodes {
  private static final String WIDE_PRODUCT =
      """
      {.reg .b32 a0, a1, b0, b1, c0, c1, x0, x1, x2, x3;
      mov.b64 {a0, a1}, $a; mov.b64 {b0, b1}, $b; mov.b64 {c0, c1}, $c;
      mad.lo.cc.u32 x0, a0, b0, c0; madc.hi.cc.u32 x1, a0, b0, c1; madc.lo.cc.u32 x2, a1, b1, 0;
      madc.hi.u32 x3, a1, b1, 0;
      mad.lo.cc.u32 x1, a0, b1, x1; madc.hi.cc.u32 x2, a0, b1, x2; addc.u32 x3, x3, 0;
      mad.lo.cc.u32 x1, a1, b0, x1; madc.hi.cc.u32 x2, a1, b0, x2; addc.u32 x3, x3, 0;
      mov.b64 $d, {%s}; } mov.b64 $d, $d""";

  CarryOpcodes() {
    words();
    longs();
    products();
  }

  private static String pieces(String first, String second) {
    return """
        {.reg.b32 a0, a1, b0, b1, d0, d1;
        mov.b64 {a0, a1}, $a; mov.b64 {b0, b1}, $b;
        %s d0, a0, b0; %s d1, a1, b1; mov.b64 $d, {d0, d1}; } mov.b64 $d, $d"""
        .formatted(first, second);
  }

  private void words() {
    b64(pieces("add.cc.u32", "addc.u32"), (a, b) -> a + b);
    b64(pieces("add.cc.s32", "addc.s32"), (a, b) -> a + b);
    b64(pieces("sub.cc.u32", "subc.u32"), (a, b) -> a - b);
    b64(pieces("sub.cc.s32", "subc.cc.s32"), (a, b) -> a - b);
    b32("add.cc.u32 $d, $a, $b; addc.u32 $d, 0, 0", (a, b) -> carry(unsigned32(a, b, 0)));
    b32(
        "setp.eq.u32 %p0, $c, $c; @%p0 add.cc.u32 $d, $a, $b; addc.cc.u32 $d, $a, $c;"
            + " addc.u32 $d, 0, 0",
        (a, b, c) -> carry(unsigned32(a, c, carry(unsigned32(a, b, 0)))));
    b32(
        "sub.cc.u32 $d, $a, $b; subc.u32 $d, 0, 0",
        (a, b) -> Integer.compareUnsigned(a, b) < 0 ? -1 : 0);
    b32(
        "sub.cc.u32 $d, 0, 1; subc.cc.u32 $d, $a, $b; subc.u32 $d, 0, 0",
        (a, b) -> Integer.compareUnsigned(a, b) <= 0 ? -1 : 0);
    b32(
        "sub.cc.u32 $d, $a, $b; addc.u32 $d, 0, 0",
        (a, b) -> Integer.compareUnsigned(a, b) < 0 ? 0 : 1);
    b32("add.cc.u32 $d, -1, 1; subc.u32 $d, $a, $b", (a, b) -> a - b);
    b32("add.cc.u32 $d, 0, 1; subc.u32 $d, $a, $b", (a, b) -> a - b - 1);
    b32("add.cc.u32 $d, -1, 1; add.u32 $d, $a, $b; addc.u32 $d, $d, 0", (a, b) -> a + b + 1);
    b32("add.cc.u32 $d, 0, 1; madc.lo.s32 $d, $a, $b, $c", (a, b, c) -> a * b + c);
    b32("add.cc.u32 $d, -1, 1; madc.hi.s32 $d, $a, $b, $c", (a, b, c) -> high(a, b) + c + 1);
    b32(
        "mad.hi.cc.s32 $d, $a, $b, $c; addc.u32 $d, 0, 0",
        (a, b, c) -> carry(unsigned32(high(a, b), c, 0)));
  }

  private static int high(int a, int b) {
    return (int) (((long) a * b) >> 32);
  }

  private static long unsigned32(int a, int b, int in) {
    return Integer.toUnsignedLong(a) + Integer.toUnsignedLong(b) + in;
  }

  private static int carry(long sum) {
    return (int) (sum >>> 32);
  }

  private void longs() {
    BigInteger all = BigInteger.ONE.shiftLeft(64);
    b64(
        "add.cc.u64 $d, $a, $b; addc.u64 $d, $c, 0",
        (a, b, c) -> c + unsigned(a).add(unsigned(b)).divide(all).longValue());
    b64(
        "sub.cc.u64 $d, $a, $b; subc.cc.s64 $d, $c, 0; subc.u64 $d, $c, 0",
        (a, b, c) -> c - (c == 0 && unsigned(a).compareTo(unsigned(b)) < 0 ? 1 : 0));
    b64(
        "mad.lo.cc.u64 $d, $a, $b, $c; madc.hi.u64 $d, $a, $b, 0",
        (a, b, c) -> unsigned(a).multiply(unsigned(b)).add(unsigned(c)).shiftRight(64).longValue());
    b64(
        "mad.lo.cc.s64 $d, $a, $b, $c; madc.lo.s64 $d, $a, $b, $c",
        (a, b, c) -> {
          BigInteger low = unsigned(a * b).add(unsigned(c));
          return a * b + c + low.shiftRight(64).longValue();
        });
  }

  /// 64 x 64 bits plus 64 of four 32-bit words.
  private void products() {
    b64(WIDE_PRODUCT.formatted("x0, x1"), (a, b, c) -> a * b + c);
    b64(
        WIDE_PRODUCT.formatted("x2, x3"),
        (a, b, c) -> unsigned(a).multiply(unsigned(b)).add(unsigned(c)).shiftRight(64).longValue());
  }
}
