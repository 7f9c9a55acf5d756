package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.Opcode.bits;

import java.util.ArrayList;
import java.util.List;

/// Comparisons of 16-bit floats and of pairs of them, each half read by the definition of its
/// format.
final class HalfOpcodes {
  private static final List<String> ORDERED = List.of("eq", "ne", "lt", "le", "gt", "ge");

  private HalfOpcodes() {}

  static List<Opcode> all() {
    List<Opcode> all = new ArrayList<>();
    comparisons(all, "f16", "u32");
    for (String half : List.of("s32", "f16x2")) {
      all.add(pair("set.neu." + half + ".f16x2 $d, $a, $b", "neu", "f16", one(half)));
    }
    all.add(
        bits(
            "set.ge.ftz.u32.f16x2 $d, $a, $b",
            "b32 f16x2 f16x2",
            (a, b, _) -> halves("ge", "f16", flushed(a), flushed(b), 0xffff)));
    all.add(
        bits(
            "setp.gt.ftz.f16 $d, $a, $b",
            "pred f16 f16",
            (a, b, _) -> holds("gt", "f16", flushed(a), flushed(b))));
    all.add(
        bits(
            "set.lt.or.f16x2.f16x2 $d, $a, $b, !$c",
            "b32 f16x2 f16x2 pred",
            (a, b, c) -> (c & 1) == 0 ? 0x3c003c00 : halves("lt", "f16", a, b, 0x3c00)));
    all.add(bits("set.lt.f16.u16 $d, $a, $b", "b16 b16 b16", (a, b, _) -> a < b ? one("f16") : 0));
    all.add(
        bits(
            "set.lt.xor.u32.s32 $d, $a, $b, $c",
            "b32 b32 b32 pred",
            (a, b, c) -> ((int) a < (int) b) == ((c & 1) != 0) ? 0 : 0xffffffffL));
    all.add(
        bits(
            "mov.pred %p1, $c; setp.ge.xor.f16x2 %p1|$d, $a, $b, !%p1",
            "pred f16x2 f16x2 pred",
            (a, b, c) -> holds("ge", "f16", a >>> 16, b >>> 16) ^ (1 - (c & 1))));
    flushes(all);
    return all;
  }

  /// `.ftz` of f16: inputs and results.
  private static void flushes(List<Opcode> all) {
    all.add(
        bits(
            "mul.ftz.f16 $d, $a, $b",
            "b16 f16 f16",
            (a, b, _) -> f16(value("f16", flushed(a)) * value("f16", flushed(b)))));
    all.add(
        bits(
            "add.ftz.f16 $d, $a, $b",
            "b16 f16 f16",
            (a, b, _) -> f16(value("f16", flushed(a)) + value("f16", flushed(b)))));
    all.add(
        bits(
            "fma.rn.ftz.f16x2 $d, $a, $b, $c",
            "b32 f16x2 f16x2 f16x2",
            (a, b, c) ->
                fused(flushed(a), flushed(b), flushed(c))
                    | (fused(flushed(a) >>> 16, flushed(b) >>> 16, flushed(c) >>> 16) << 16)));
  }

  /// Products and sums of two f16 are exact in double.
  private static long f16(double value) {
    return Double.isNaN(value)
        ? 0x7fff
        : flushed(Float.floatToFloat16((float) value) & 0xffff) & 0xffff;
  }

  private static long fused(long a, long b, long c) {
    return f16(Math.fma(value("f16", a), value("f16", b), value("f16", c)));
  }

  /// What needs PTX 7.8 and sm_90: comparisons of bf16.
  static List<Opcode> hopper() {
    List<Opcode> all = new ArrayList<>();
    comparisons(all, "bf16", "s32");
    all.add(pair("set.neu.bf16x2.bf16x2 $d, $a, $b", "neu", "bf16", one("bf16")));
    all.add(
        bits(
            "set.lt.bf16.bf16 $d, $a, $b",
            "b16 bf16 bf16",
            (a, b, _) -> holds("lt", "bf16", a, b) * one("bf16")));
    all.add(
        bits(
            "mov.b16 $d, 0xC2FE; ex2.approx.ftz.bf16 $d, $d", // 2^-127 is subnormal
            "b16",
            (_, _, _) -> 0));
    all.add(bits("mov.b16 $d, 0xC2FC; ex2.approx.ftz.bf16 $d, $d", "b16", (_, _, _) -> 0x80));
    return all;
  }

  private static void comparisons(List<Opcode> all, String type, String mask) {
    for (String ordered : ORDERED) {
      for (String how : List.of(ordered, ordered + "u")) {
        all.add(pair("set." + how + "." + mask + "." + type + "x2 $d, $a, $b", how, type, 0xffff));
        both(all, how, type);
      }
    }
    both(all, "num", type);
    both(all, "nan", type);
    all.add(
        bits(
            "setp.lt.and." + type + "x2 $d|%p1, $a, $b, $c",
            "pred " + type + "x2 " + type + "x2 pred",
            (a, b, c) -> holds("lt", type, a, b) & c));
    all.add(
        bits(
            "setp.lt.or." + type + "x2 %p1|$d, $a, $b, !$c",
            "pred " + type + "x2 " + type + "x2 pred",
            (a, b, c) -> holds("lt", type, a >>> 16, b >>> 16) | (1 - (c & 1))));
    all.add(
        bits(
            "set.le.u16." + type + " $d, $a, $b",
            "b16 " + type + " " + type,
            (a, b, _) -> holds("le", type, a, b) * 0xffff));
  }

  /// `setp` of a single value and of both halves of a pair.
  private static void both(List<Opcode> all, String how, String type) {
    String setp = "setp." + how + "." + type;
    String sources = " " + type + "x2 " + type + "x2";
    all.add(
        bits(
            setp + " $d, $a, $b",
            "pred " + type + " " + type,
            (a, b, _) -> holds(how, type, a, b)));
    all.add(bits(setp + "x2 $d|_, $a, $b", "pred" + sources, (a, b, _) -> holds(how, type, a, b)));
    all.add(
        bits(
            setp + "x2 %p1|$d, $a, $b",
            "pred" + sources,
            (a, b, _) -> holds(how, type, a >>> 16, b >>> 16)));
  }

  private static Opcode pair(String text, String how, String type, long yes) {
    return bits(
        text, "b32 " + type + "x2 " + type + "x2", (a, b, _) -> halves(how, type, a, b, yes));
  }

  private static long halves(String how, String type, long a, long b, long yes) {
    long high = holds(how, type, a >>> 16, b >>> 16) * yes;
    return (holds(how, type, a, b) * yes) | (high << 16);
  }

  private static long one(String result) {
    return result.startsWith("f16") ? 0x3c00 : result.startsWith("bf16") ? 0x3f80 : 0xffff;
  }

  private static long flushed(long pair) {
    long low = (pair & 0x7c00) == 0 ? pair & 0x8000 : pair & 0xffff;
    return low | ((pair & 0x7c000000) == 0 ? pair & 0x80000000L : pair & 0xffff0000L);
  }

  /// The value of the low 16 bits: a sign, an exponent, a fraction.
  private static double value(String type, long bits) {
    int fraction = type.equals("f16") ? 10 : 7;
    int most = (1 << (15 - fraction)) - 1;
    int exponent = (int) bits >>> fraction & most;
    double units = bits & ((1 << fraction) - 1);
    double size =
        exponent == most
            ? units == 0 ? Double.POSITIVE_INFINITY : Double.NaN
            : Math.scalb(
                exponent == 0 ? units : units + (1 << fraction),
                Math.max(exponent, 1) - most / 2 - fraction);
    return (bits & 0x8000) == 0 ? size : -size;
  }

  private static long holds(String how, String type, long a, long b) {
    double x = value(type, a);
    double y = value(type, b);
    boolean unordered = Double.isNaN(x) || Double.isNaN(y);
    boolean yes =
        switch (how) {
          case "num" -> !unordered;
          case "nan" -> unordered;
          case String u when u.length() == 3 && unordered -> true;
          default -> !unordered && ordered(how.substring(0, 2), x, y);
        };
    return yes ? 1 : 0;
  }

  private static boolean ordered(String how, double x, double y) {
    return switch (how) {
      case "eq" -> x == y;
      case "ne" -> x != y;
      case "lt" -> x < y;
      case "le" -> x <= y;
      case "gt" -> x > y;
      default -> x >= y;
    };
  }
}
