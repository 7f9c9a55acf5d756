package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.Opcode.b32;
import static dev.hindsight.softgpu.Opcode.b64;
import static dev.hindsight.softgpu.Opcode.bits;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// Comparisons, selections and moves, each with what Java makes of it another way.
final class CompareOpcodes {
  private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

  private CompareOpcodes() {}

  static List<Opcode> all() {
    List<Opcode> all = new ArrayList<>();
    compare(all);
    select(all);
    return all;
  }

  private static BigInteger unsigned(long value) {
    BigInteger big = BigInteger.valueOf(value);
    return big.signum() < 0 ? big.add(TWO_64) : big;
  }

  private static void compare(List<Opcode> all) {
    for (String how : List.of("eq", "ne", "lt", "le", "gt", "ge")) {
      all.add(
          bits(
              "setp." + how + ".s32 $d, $a, $b",
              "pred b32 b32",
              (a, b, _) -> holds(how, Integer.compare((int) a, (int) b))));
      all.add(
          bits(
              "setp." + how + ".u32 $d, $a, $b",
              "pred b32 b32",
              (a, b, _) -> holds(how, Long.compare(a, b))));
      all.add(
          bits(
              "setp." + how + ".s64 $d, $a, $b",
              "pred b64 b64",
              (a, b, _) -> holds(how, Long.compare(a, b))));
      all.add(
          bits(
              "setp." + how + ".u64 $d, $a, $b",
              "pred b64 b64",
              (a, b, _) -> holds(how, unsigned(a).compareTo(unsigned(b)))));
      all.add(
          bits(
              "setp." + how + ".s16 $d, $a, $b",
              "pred b16 b16",
              (a, b, _) -> holds(how, Short.compare((short) a, (short) b))));
      all.add(
          bits(
              "setp." + how + ".u16 $d, $a, $b",
              "pred b16 b16",
              (a, b, _) -> holds(how, Long.compare(a, b))));
      all.add(
          bits(
              "set." + how + ".u32.s32 $d, $a, $b",
              "b32 b32 b32",
              (a, b, _) -> holds(how, Integer.compare((int) a, (int) b)) * 0xffffffffL));
    }
    all.add(bits("setp.lo.u32 $d, $a, $b", "pred b32 b32", (a, b, _) -> a < b ? 1 : 0));
    all.add(bits("setp.hs.u32 $d, $a, $b", "pred b32 b32", (a, b, _) -> a >= b ? 1 : 0));
    all.add(
        bits(
            "setp.lt.and.s32 $d, $a, $b, $c",
            "pred b32 b32 pred",
            (a, b, c) -> (int) a < (int) b ? c & 1 : 0));
    all.add(
        bits(
            "setp.lt.or.s32 $d, $a, $b, !$c",
            "pred b32 b32 pred",
            (a, b, c) -> (int) a < (int) b ? 1 : 1 - (c & 1)));
    all.add(
        bits("setp.lt.s32 %p1|$d, $a, $b", "pred b32 b32", (a, b, _) -> (int) a < (int) b ? 0 : 1));
  }

  private static long holds(String how, int order) {
    boolean yes =
        switch (how) {
          case "eq" -> order == 0;
          case "ne" -> order != 0;
          case "lt" -> order < 0;
          case "le" -> order <= 0;
          case "gt" -> order > 0;
          default -> order >= 0;
        };
    return yes ? 1 : 0;
  }

  private static void select(List<Opcode> all) {
    all.add(bits("selp.b32 $d, $a, $b, $c", "b32 b32 b32 pred", (a, b, c) -> (c & 1) != 0 ? a : b));
    all.add(bits("selp.f32 $d, $a, $b, $c", "f32 f32 f32 pred", (a, b, c) -> (c & 1) != 0 ? a : b));
    all.add(bits("selp.b64 $d, $a, 7, $c", "b64 b64 b64 pred", (a, _, c) -> (c & 1) != 0 ? a : 7));
    all.add(bits("selp.u16 $d, $a, $b, $c", "b16 b16 b16 pred", (a, b, c) -> (c & 1) != 0 ? a : b));
    all.add(
        bits("slct.s32.s32 $d, $a, $b, $c", "b32 b32 b32 b32", (a, b, c) -> (int) c >= 0 ? a : b));
    all.add(b32("mov.b32 $d, $a", 1, (a, _, _) -> a));
    all.add(b64("mov.b64 $d, $a", 1, (a, _, _) -> a));
    all.add(
        b32(
            "@%p0 mov.b32 $d, 9; @!%p0 mov.b32 $d, $a"
                .replace("@%p0 mov", "setp.lt.s32 %p0, $a, 0; @%p0 mov"),
            1,
            (a, _, _) -> a < 0 ? 9 : a));
    all.add(bits("mov.b64 $d, {$a, $b}", "b64 b32 b32", (a, b, _) -> b << 32 | a));
    all.add(bits("mov.b64 {%t1, $d}, $a", "b32 b64", (a, _, _) -> a >>> 32));
    all.add(bits("mov.b32 $d, {$a, $b}", "b32 b16 b16", (a, b, _) -> b << 16 | a));
    all.add(bits("mov.b32 $d, $a", "f32 f32", (a, _, _) -> a));
    all.add(
        bits(
            "mov.b32 %t1, $a; xor.b32 %t1, %t1, 1; mov.b32 $d, %t1",
            "f32 f32", (a, _, _) -> a ^ 1));
  }
}
