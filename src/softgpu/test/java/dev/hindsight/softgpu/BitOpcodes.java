package dev.hindsight.softgpu;

/// Logic, shifts and single bits, each with what Java makes of it another way.
final class BitOpcodes extends Opcodes {
  BitOpcodes() {
    logic();
    fields();
  }

  private void logic() {
    b32("and.b32", (a, b) -> a & b);
    b32("or.b32", (a, b) -> a | b);
    b32("xor.b32", (a, b) -> a ^ b);
    b32("not.b32", a -> -1 - a);
    b32("cnot.b32", a -> a == 0 ? 1 : 0);
    b64("and.b64", (a, b) -> a & b);
    b64("or.b64", (a, b) -> a | b);
    b64("xor.b64", (a, b) -> a ^ b);
    b64("not.b64", a -> -1 - a);
    bits("and.b16", "b16 b16 b16", (a, b) -> a & b);
    bits("not.b16", "b16 b16", a -> 0xffff - a);
    bits("and.pred", "pred pred pred", (a, b) -> a & b & 1);
    bits("or.pred", "pred pred pred", (a, b) -> (a | b) & 1);
    bits("xor.pred", "pred pred pred", (a, b) -> (a ^ b) & 1);
    bits("xor.pred $d, $a, -1", "pred pred", a -> 1 - (a & 1));
    bits("and.pred $d, 0, $a", "pred pred", a -> 0);
    bits("or.pred $d, $a, 2", "pred pred", a -> 1);
    bits("not.pred", "pred pred", a -> 1 - (a & 1));
    bits("mov.pred", "pred pred", a -> a & 1);
    constant("mov.pred $d, 1", "pred", 1);
    b32("shl.b32", (a, b) -> Integer.toUnsignedLong(b) > 31 ? 0 : a << b);
    b32("shl.b32 $d, $a, 32", _ -> 0);
    b32("shr.u32", (a, b) -> Integer.toUnsignedLong(b) > 31 ? 0 : a >>> b);
    b32("shr.s32", (a, b) -> Integer.toUnsignedLong(b) > 31 ? a < 0 ? -1 : 0 : a >> b);
    b32("shr.s32 $d, $a, 40", a -> a < 0 ? -1 : 0);
    bits("shl.b64", "b64 b64 b32", (a, b) -> b > 63 ? 0 : a << b);
    bits("shr.u64", "b64 b64 b32", (a, b) -> b > 63 ? 0 : a >>> b);
    bits("shr.s64", "b64 b64 b32", (a, b) -> b > 63 ? a < 0 ? -1 : 0 : a >> b);
    bits("shl.b16", "b16 b16 b32", (a, b) -> b > 15 ? 0 : a << b & 0xffff);
    bits(
        "shr.s16",
        "b16 b16 b32",
        (a, b) -> (b > 15 ? (short) a < 0 ? -1 : 0 : (short) a >> b) & 0xffff);
  }

  private void fields() {
    b32("bmsk.clamp.b32", (a, b) -> mask(a, b));
    b32("bmsk.wrap.b32", (a, b) -> mask(a & 31, b & 31));
    constant("bmsk.clamp.b32 $d, 4, 40", "b32", 0xfffffff0);
    constant("bmsk.wrap.b32 $d, 36, 34", "b32", 0x30);
    b32("popc.b32", a -> Integer.toBinaryString(a).replace("0", "").length());
    bits("popc.b64", "b32 b64", a -> Long.toBinaryString(a).replace("0", "").length());
    b32("clz.b32", a -> a == 0 ? 32 : 32 - Integer.toBinaryString(a).length());
    bits("clz.b64", "b32 b64", a -> a == 0 ? 64 : 64 - Long.toBinaryString(a).length());
    b32("brev.b32", a -> Integer.reverse(a));
    b64("brev.b64", a -> Long.reverse(a));
    b32("bfind.u32", a -> a == 0 ? -1 : Integer.toBinaryString(a).length() - 1);
    b32(
        "bfind.s32",
        a -> a == 0 || a == -1 ? -1 : Integer.toBinaryString(a < 0 ? ~a : a).length() - 1);
    b32("bfind.shiftamt.u32", a -> a == 0 ? -1 : 32 - Integer.toBinaryString(a).length());
    b32("bfe.u32 $d, $a, 5, 9", a -> a << 18 >>> 23);
    b32("bfe.s32 $d, $a, 5, 9", a -> a << 18 >> 23);
    b32("bfe.s32 $d, $a, 28, 16", a -> a >> 28);
    b32("bfe.u32 $d, $a, 0, 0", _ -> 0);
    b64("bfe.u64 $d, $a, 40, 12", a -> a << 12 >>> 52);
    b32("bfi.b32 $d, $a, $b, 4, 8", (a, b) -> (b & ~0xff0) | (a & 0xff) << 4);
    b64("bfi.b64 $d, $a, $b, 32, 32", (a, b) -> (b & 0xffffffffL) | a << 32);
    b32("lop3.b32 $d, $a, $b, $c, 0xE8", (a, b, c) -> (a & b) | (a & c) | (b & c));
    b32("lop3.b32 $d, $a, $b, $c, 0x96", (a, b, c) -> a ^ b ^ c);
    b32(
        "prmt.b32 $d, $a, $b, 0x7531",
        (a, b) -> (a >>> 8 & 0xff) | a >>> 24 << 8 | (b >>> 8 & 0xff) << 16 | b >>> 24 << 24);
    b32(
        "prmt.b32 $d, $a, $b, 0x888B",
        (a, _) -> (a << 24 < 0 ? 0xffffff00 : 0) | (a < 0 ? 0xff : 0));
    b32(
        "shf.l.wrap.b32",
        (a, b, c) ->
            (int)
                ((Integer.toUnsignedLong(b) << 32 | Integer.toUnsignedLong(a)) << (c & 31) >>> 32));
    b32(
        "shf.r.wrap.b32",
        (a, b, c) ->
            (int) ((Integer.toUnsignedLong(b) << 32 | Integer.toUnsignedLong(a)) >>> (c & 31)));
    b32(
        "shf.l.clamp.b32",
        (a, b, c) ->
            Integer.toUnsignedLong(c) > 31
                ? a
                : (int)
                    ((Integer.toUnsignedLong(b) << 32 | Integer.toUnsignedLong(a)) << c >>> 32));
    b32(
        "shf.r.clamp.b32",
        (a, b, c) ->
            Integer.toUnsignedLong(c) > 31
                ? b
                : (int) ((Integer.toUnsignedLong(b) << 32 | Integer.toUnsignedLong(a)) >>> c));
  }

  /// Bit by bit: those from `from` on, as many as `count` says.
  private static int mask(int from, int count) {
    int mask = 0;
    for (int bit = 0; bit < 32; bit++) {
      long behind = bit - Integer.toUnsignedLong(from);
      mask |= behind >= 0 && behind < Integer.toUnsignedLong(count) ? 1 << bit : 0;
    }
    return mask;
  }
}
