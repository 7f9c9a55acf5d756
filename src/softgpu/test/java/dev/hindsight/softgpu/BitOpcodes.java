package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.Opcode.b32;
import static dev.hindsight.softgpu.Opcode.b64;
import static dev.hindsight.softgpu.Opcode.bits;

import java.util.ArrayList;
import java.util.List;

/// Logic, shifts and single bits, each with what Java makes of it another way.
final class BitOpcodes {
  private BitOpcodes() {}

  static List<Opcode> all() {
    List<Opcode> all = new ArrayList<>();
    logic(all);
    fields(all);
    return all;
  }

  private static void logic(List<Opcode> all) {
    all.add(b32("and.b32 $d, $a, $b", 2, (a, b, _) -> a & b));
    all.add(b32("or.b32 $d, $a, $b", 2, (a, b, _) -> a | b));
    all.add(b32("xor.b32 $d, $a, $b", 2, (a, b, _) -> a ^ b));
    all.add(b32("not.b32 $d, $a", 1, (a, _, _) -> -1 - a));
    all.add(b32("cnot.b32 $d, $a", 1, (a, _, _) -> a == 0 ? 1 : 0));
    all.add(b64("and.b64 $d, $a, $b", 2, (a, b, _) -> a & b));
    all.add(b64("or.b64 $d, $a, $b", 2, (a, b, _) -> a | b));
    all.add(b64("xor.b64 $d, $a, $b", 2, (a, b, _) -> a ^ b));
    all.add(b64("not.b64 $d, $a", 1, (a, _, _) -> -1 - a));
    all.add(bits("and.b16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> a & b));
    all.add(bits("not.b16 $d, $a", "b16 b16", (a, _, _) -> 0xffff - a));
    all.add(bits("and.pred $d, $a, $b", "pred pred pred", (a, b, _) -> a & b & 1));
    all.add(bits("or.pred $d, $a, $b", "pred pred pred", (a, b, _) -> (a | b) & 1));
    all.add(bits("xor.pred $d, $a, $b", "pred pred pred", (a, b, _) -> (a ^ b) & 1));
    all.add(bits("not.pred $d, $a", "pred pred", (a, _, _) -> 1 - (a & 1)));
    all.add(bits("mov.pred $d, $a", "pred pred", (a, _, _) -> a & 1));
    all.add(bits("mov.pred $d, 1", "pred", (_, _, _) -> 1));
    all.add(b32("shl.b32 $d, $a, $b", 2, (a, b, _) -> Integer.toUnsignedLong(b) > 31 ? 0 : a << b));
    all.add(b32("shl.b32 $d, $a, 32", 1, (_, _, _) -> 0));
    all.add(
        b32("shr.u32 $d, $a, $b", 2, (a, b, _) -> Integer.toUnsignedLong(b) > 31 ? 0 : a >>> b));
    all.add(
        b32(
            "shr.s32 $d, $a, $b",
            2,
            (a, b, _) -> Integer.toUnsignedLong(b) > 31 ? a < 0 ? -1 : 0 : a >> b));
    all.add(b32("shr.s32 $d, $a, 40", 1, (a, _, _) -> a < 0 ? -1 : 0));
    all.add(bits("shl.b64 $d, $a, $b", "b64 b64 b32", (a, b, _) -> b > 63 ? 0 : a << b));
    all.add(bits("shr.u64 $d, $a, $b", "b64 b64 b32", (a, b, _) -> b > 63 ? 0 : a >>> b));
    all.add(
        bits("shr.s64 $d, $a, $b", "b64 b64 b32", (a, b, _) -> b > 63 ? a < 0 ? -1 : 0 : a >> b));
    all.add(bits("shl.b16 $d, $a, $b", "b16 b16 b32", (a, b, _) -> b > 15 ? 0 : a << b & 0xffff));
    all.add(
        bits(
            "shr.s16 $d, $a, $b",
            "b16 b16 b32",
            (a, b, _) -> (b > 15 ? (short) a < 0 ? -1 : 0 : (short) a >> b) & 0xffff));
  }

  private static void fields(List<Opcode> all) {
    all.add(b32("bmsk.clamp.b32 $d, $a, $b", 2, (a, b, _) -> mask(a, b)));
    all.add(b32("bmsk.wrap.b32 $d, $a, $b", 2, (a, b, _) -> mask(a & 31, b & 31)));
    all.add(b32("bmsk.clamp.b32 $d, 4, 40", 0, (_, _, _) -> 0xfffffff0));
    all.add(b32("bmsk.wrap.b32 $d, 36, 34", 0, (_, _, _) -> 0x30));
    all.add(
        b32(
            "popc.b32 $d, $a",
            1,
            (a, _, _) -> Integer.toBinaryString(a).replace("0", "").length()));
    all.add(
        bits(
            "popc.b64 $d, $a",
            "b32 b64",
            (a, _, _) -> Long.toBinaryString(a).replace("0", "").length()));
    all.add(
        b32(
            "clz.b32 $d, $a",
            1,
            (a, _, _) -> a == 0 ? 32 : 32 - Integer.toBinaryString(a).length()));
    all.add(
        bits(
            "clz.b64 $d, $a",
            "b32 b64",
            (a, _, _) -> a == 0 ? 64 : 64 - Long.toBinaryString(a).length()));
    all.add(b32("brev.b32 $d, $a", 1, (a, _, _) -> Integer.reverse(a)));
    all.add(b64("brev.b64 $d, $a", 1, (a, _, _) -> Long.reverse(a)));
    all.add(
        b32(
            "bfind.u32 $d, $a",
            1,
            (a, _, _) -> a == 0 ? -1 : Integer.toBinaryString(a).length() - 1));
    all.add(
        b32(
            "bfind.s32 $d, $a",
            1,
            (a, _, _) ->
                a == 0 || a == -1 ? -1 : Integer.toBinaryString(a < 0 ? ~a : a).length() - 1));
    all.add(
        b32(
            "bfind.shiftamt.u32 $d, $a",
            1,
            (a, _, _) -> a == 0 ? -1 : 32 - Integer.toBinaryString(a).length()));
    all.add(b32("bfe.u32 $d, $a, 5, 9", 1, (a, _, _) -> a << 18 >>> 23));
    all.add(b32("bfe.s32 $d, $a, 5, 9", 1, (a, _, _) -> a << 18 >> 23));
    all.add(b32("bfe.s32 $d, $a, 28, 16", 1, (a, _, _) -> a >> 28));
    all.add(b32("bfe.u32 $d, $a, 0, 0", 1, (_, _, _) -> 0));
    all.add(b64("bfe.u64 $d, $a, 40, 12", 1, (a, _, _) -> a << 12 >>> 52));
    all.add(b32("bfi.b32 $d, $a, $b, 4, 8", 2, (a, b, _) -> (b & ~0xff0) | (a & 0xff) << 4));
    all.add(b64("bfi.b64 $d, $a, $b, 32, 32", 2, (a, b, _) -> (b & 0xffffffffL) | a << 32));
    all.add(b32("lop3.b32 $d, $a, $b, $c, 0xE8", 3, (a, b, c) -> (a & b) | (a & c) | (b & c)));
    all.add(b32("lop3.b32 $d, $a, $b, $c, 0x96", 3, (a, b, c) -> a ^ b ^ c));
    all.add(
        b32(
            "prmt.b32 $d, $a, $b, 0x7531",
            2,
            (a, b, _) ->
                (a >>> 8 & 0xff) | a >>> 24 << 8 | (b >>> 8 & 0xff) << 16 | b >>> 24 << 24));
    all.add(
        b32(
            "prmt.b32 $d, $a, $b, 0x888B",
            2,
            (a, _, _) -> (a << 24 < 0 ? 0xffffff00 : 0) | (a < 0 ? 0xff : 0)));
    all.add(
        b32(
            "shf.l.wrap.b32 $d, $a, $b, $c",
            3,
            (a, b, c) ->
                (int)
                    ((Integer.toUnsignedLong(b) << 32 | Integer.toUnsignedLong(a))
                        << (c & 31)
                        >>> 32)));
    all.add(
        b32(
            "shf.r.wrap.b32 $d, $a, $b, $c",
            3,
            (a, b, c) ->
                (int)
                    ((Integer.toUnsignedLong(b) << 32 | Integer.toUnsignedLong(a)) >>> (c & 31))));
    all.add(
        b32(
            "shf.l.clamp.b32 $d, $a, $b, $c",
            3,
            (a, b, c) ->
                Integer.toUnsignedLong(c) > 31
                    ? a
                    : (int)
                        ((Integer.toUnsignedLong(b) << 32 | Integer.toUnsignedLong(a))
                            << c
                            >>> 32)));
    all.add(
        b32(
            "shf.r.clamp.b32 $d, $a, $b, $c",
            3,
            (a, b, c) ->
                Integer.toUnsignedLong(c) > 31
                    ? b
                    : (int) ((Integer.toUnsignedLong(b) << 32 | Integer.toUnsignedLong(a)) >>> c)));
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
