package dev.hindsight.softgpu;

import java.util.List;
import java.util.function.LongBinaryOperator;

/// Comparisons, selections and moves, each with what Java makes of it another way.
final class CompareOpcodes extends Opcodes {
  CompareOpcodes() {
    compare();
    select();
  }

  private void compare() {
    setp("s32", "b32", (a, b) -> Integer.compare((int) a, (int) b));
    setp("u32", "b32", Long::compare);
    setp("s64", "b64", Long::compare);
    setp("u64", "b64", (a, b) -> unsigned(a).compareTo(unsigned(b)));
    setp("s16", "b16", (a, b) -> Short.compare((short) a, (short) b));
    setp("u16", "b16", Long::compare);
    for (String how : List.of("eq", "ne", "lt", "le", "gt", "ge")) {
      b32("set." + how + ".u32.s32", (a, b) -> holds(how, Integer.compare(a, b)) ? -1 : 0);
    }
    bits("setp.lo.u32", "pred b32 b32", (a, b) -> a < b ? 1 : 0);
    bits("setp.hs.u32", "pred b32 b32", (a, b) -> a >= b ? 1 : 0);
    bits("setp.lt.and.s32", "pred b32 b32 pred", (a, b, c) -> (int) a < (int) b ? c & 1 : 0);
    bits(
        "setp.lt.or.s32 $d, $a, $b, !$c",
        "pred b32 b32 pred",
        (a, b, c) -> (int) a < (int) b ? 1 : 1 - (c & 1));
    bits("setp.lt.s32 %p1|$d, $a, $b", "pred b32 b32", (a, b) -> (int) a < (int) b ? 0 : 1);
  }

  private void setp(String type, String register, LongBinaryOperator order) {
    for (String how : List.of("eq", "ne", "lt", "le", "gt", "ge")) {
      bits(
          "setp." + how + "." + type,
          "pred " + register + " " + register,
          (a, b) -> holds(how, (int) order.applyAsLong(a, b)) ? 1 : 0);
    }
  }

  private void select() {
    bits("selp.b32", "b32 b32 b32 pred", (a, b, c) -> (c & 1) != 0 ? a : b);
    bits("selp.f32", "f32 f32 f32 pred", (a, b, c) -> (c & 1) != 0 ? a : b);
    bits("selp.b64 $d, $a, 7, $c", "b64 b64 b64 pred", (a, _, c) -> (c & 1) != 0 ? a : 7);
    bits("selp.u16", "b16 b16 b16 pred", (a, b, c) -> (c & 1) != 0 ? a : b);
    bits("slct.s32.s32", "b32 b32 b32 b32", (a, b, c) -> (int) c >= 0 ? a : b);
    b32("mov.b32", a -> a);
    b64("mov.b64", a -> a);
    b32("setp.lt.s32 %p0, $a, 0; @%p0 mov.b32 $d, 9; @!%p0 mov.b32 $d, $a", a -> a < 0 ? 9 : a);
    bits("mov.b64 $d, {$a, $b}", "b64 b32 b32", (a, b) -> b << 32 | a);
    bits("mov.b64 {%t1, $d}, $a", "b32 b64", a -> a >>> 32);
    bits("mov.b32 $d, {$a, $b}", "b32 b16 b16", (a, b) -> b << 16 | a);
    bits("mov.b32", "f32 f32", a -> a);
    bits("mov.b32 %t1, $a; xor.b32 %t1, %t1, 1; mov.b32 $d, %t1", "f32 f32", a -> a ^ 1);
  }
}
