package dev.hindsight.softgpu;

import java.util.List;

/// Comparisons of 16-bit floats and of pairs of them, each half read by the definition of its
/// format.
class HalfOpcodes extends Opcodes {
  private static final List<String> ORDERED = List.of("eq", "ne", "lt", "le", "gt", "ge");

  HalfOpcodes() {
    this("f16", "u32");
    for (String half : List.of("s32", "f16x2")) {
      pair("set.neu." + half + ".f16x2", "neu", "f16", one(half));
    }
    bits(
        "set.ge.ftz.u32.f16x2",
        "b32 f16x2 f16x2",
        (a, b) -> halves("ge", "f16", flushed(a), flushed(b), 0xffff));
    bits("setp.gt.ftz.f16", "pred f16 f16", (a, b) -> holds("gt", "f16", flushed(a), flushed(b)));
    bits(
        "set.lt.or.f16x2.f16x2 $d, $a, $b, !$c",
        "b32 f16x2 f16x2 pred",
        (a, b, c) -> (c & 1) == 0 ? 0x3c003c00 : halves("lt", "f16", a, b, 0x3c00));
    bits("set.lt.f16.u16", "b16 b16 b16", (a, b) -> a < b ? one("f16") : 0);
    bits(
        "set.lt.xor.u32.s32",
        "b32 b32 b32 pred",
        (a, b, c) -> ((int) a < (int) b) == ((c & 1) != 0) ? 0 : 0xffffffffL);
    bits(
        "mov.pred %p1, $c; setp.ge.xor.f16x2 %p1|$d, $a, $b, !%p1",
        "pred f16x2 f16x2 pred",
        (a, b, c) -> holds("ge", "f16", a >>> 16, b >>> 16) ^ (1 - (c & 1)));
    flushes();
  }

  /// `.ftz` of f16: inputs and results.
  private void flushes() {
    bits(
        "mul.ftz.f16",
        "b16 f16 f16",
        (a, b) -> f16(value("f16", flushed(a)) * value("f16", flushed(b))));
    bits(
        "add.ftz.f16",
        "b16 f16 f16",
        (a, b) -> f16(value("f16", flushed(a)) + value("f16", flushed(b))));
    bits(
        "fma.rn.ftz.f16x2",
        "b32 f16x2 f16x2 f16x2",
        (a, b, c) ->
            fused(flushed(a), flushed(b), flushed(c))
                | (fused(flushed(a) >>> 16, flushed(b) >>> 16, flushed(c) >>> 16) << 16));
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

  /// Comparisons of a type and of pairs of it.
  HalfOpcodes(String type, String mask) {
    for (String ordered : ORDERED) {
      for (String how : List.of(ordered, ordered + "u")) {
        pair("set." + how + "." + mask + "." + type + "x2", how, type, 0xffff);
        both(how, type);
      }
    }
    both("num", type);
    both("nan", type);
    bits(
        "setp.lt.and." + type + "x2 $d|%p1, $a, $b, $c",
        "pred " + type + "x2 " + type + "x2 pred",
        (a, b, c) -> holds("lt", type, a, b) & c);
    bits(
        "setp.lt.or." + type + "x2 %p1|$d, $a, $b, !$c",
        "pred " + type + "x2 " + type + "x2 pred",
        (a, b, c) -> holds("lt", type, a >>> 16, b >>> 16) | (1 - (c & 1)));
    bits(
        "set.le.u16." + type + "",
        "b16 " + type + " " + type,
        (a, b) -> holds("le", type, a, b) * 0xffff);
  }

  /// `setp` of a single value and of both halves of a pair.
  private void both(String how, String type) {
    String setp = "setp." + how + "." + type;
    String sources = " " + type + "x2 " + type + "x2";
    bits(setp + "", "pred " + type + " " + type, (a, b) -> holds(how, type, a, b));
    bits(setp + "x2 $d|_, $a, $b", "pred" + sources, (a, b) -> holds(how, type, a, b));
    bits(
        setp + "x2 %p1|$d, $a, $b",
        "pred" + sources,
        (a, b) -> holds(how, type, a >>> 16, b >>> 16));
  }

  void pair(String text, String how, String type, long yes) {
    bits(text, "b32 " + type + "x2 " + type + "x2", (a, b) -> halves(how, type, a, b, yes));
  }

  private static long halves(String how, String type, long a, long b, long yes) {
    long high = holds(how, type, a >>> 16, b >>> 16) * yes;
    return (holds(how, type, a, b) * yes) | (high << 16);
  }

  static long one(String result) {
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

  static long holds(String how, String type, long a, long b) {
    return holds(how, value(type, a), value(type, b)) ? 1 : 0;
  }
}
