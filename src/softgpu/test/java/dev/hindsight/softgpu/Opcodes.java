package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.Opcode.canonical;
import static dev.hindsight.softgpu.Opcode.real;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/// Instructions, each with what Java makes of it another way. A text without `$` gets the result
/// and as many sources as it has types.
abstract class Opcodes {
  private static final List<String> OPERANDS = List.of("$d", "$a", "$b", "$c");
  private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

  final List<Opcode> all = new ArrayList<>();

  interface Ints {
    int apply(int a, int b, int c);
  }

  interface Floats1 {
    float apply(float a);
  }

  interface Floats2 {
    float apply(float a, float b);
  }

  interface Floats3 {
    float apply(float a, float b, float c);
  }

  interface Doubles {
    double apply(double a, double b, double c);
  }

  void bits(String text, String types, Opcode.Lane lane) {
    List<String> each = List.of(types.split(" "));
    String operands = " " + String.join(", ", OPERANDS.subList(0, each.size()));
    all.add(new Opcode(text.contains("$") ? text : text + operands, each, lane));
  }

  void bits(String text, String types, LongUnaryOperator lane) {
    bits(text, types, (a, _, _) -> lane.applyAsLong(a));
  }

  void bits(String text, String types, LongBinaryOperator lane) {
    bits(text, types, (a, b, _) -> lane.applyAsLong(a, b));
  }

  void constant(String text, String type, long value) {
    bits(text, type, (_, _, _) -> type.endsWith("64") ? value : value & 0xffffffffL);
  }

  void b64(String text, LongUnaryOperator lane) {
    bits(text, "b64 b64", lane);
  }

  void b64(String text, LongBinaryOperator lane) {
    bits(text, "b64 b64 b64", lane);
  }

  void b64(String text, Opcode.Lane lane) {
    bits(text, "b64 b64 b64 b64", lane);
  }

  void b32(String text, IntUnaryOperator lane) {
    bits(text, "b32 b32", a -> lane.applyAsInt((int) a) & 0xffffffffL);
  }

  void b32(String text, IntBinaryOperator lane) {
    bits(text, "b32 b32 b32", (a, b) -> lane.applyAsInt((int) a, (int) b) & 0xffffffffL);
  }

  void b32(String text, Ints lane) {
    bits(text, "b32 b32 b32 b32", (a, b, c) -> lane.apply((int) a, (int) b, (int) c) & 0xffffffffL);
  }

  void f32(String text, Floats1 lane) {
    bits(text, "f32 f32", a -> canonical(lane.apply(real(a))));
  }

  void f32(String text, Floats2 lane) {
    bits(text, "f32 f32 f32", (a, b) -> canonical(lane.apply(real(a), real(b))));
  }

  void f32(String text, Floats3 lane) {
    bits(text, "f32 f32 f32 f32", (a, b, c) -> canonical(lane.apply(real(a), real(b), real(c))));
  }

  void f64(String text, DoubleUnaryOperator lane) {
    bits(text, "f64 f64", a -> raw(lane.applyAsDouble(f64(a))));
  }

  void f64(String text, DoubleBinaryOperator lane) {
    bits(text, "f64 f64 f64", (a, b) -> raw(lane.applyAsDouble(f64(a), f64(b))));
  }

  void f64(String text, Doubles lane) {
    bits(text, "f64 f64 f64 f64", (a, b, c) -> raw(lane.apply(f64(a), f64(b), f64(c))));
  }

  static double f64(long bits) {
    return Double.longBitsToDouble(bits);
  }

  static long raw(double value) {
    return Double.doubleToRawLongBits(value);
  }

  static BigInteger unsigned(long value) {
    BigInteger big = BigInteger.valueOf(value);
    return big.signum() < 0 ? big.add(TWO_64) : big;
  }

  static float flush(float value) {
    return Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0, value) : value;
  }

  /// Whether two values in this order compare so.
  static boolean holds(String how, int order) {
    return switch (how) {
      case "eq" -> order == 0;
      case "ne" -> order != 0;
      case "lt" -> order < 0;
      case "le" -> order <= 0;
      case "gt" -> order > 0;
      default -> order >= 0;
    };
  }

  /// The same of floats, where `num` and `nan` compare, too, and a `u` behind means: or unordered.
  static boolean holds(String how, double a, double b) {
    boolean unordered = Double.isNaN(a) || Double.isNaN(b);
    return switch (how) {
      case "num" -> !unordered;
      case "nan" -> unordered;
      default ->
          unordered ? how.length() == 3 : holds(how.substring(0, 2), a < b ? -1 : a > b ? 1 : 0);
    };
  }
}
