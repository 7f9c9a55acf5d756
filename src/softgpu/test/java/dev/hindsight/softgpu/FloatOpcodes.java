package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.Opcode.real;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;

/// Float instructions whose results are exact, each held against decimal arithmetic or plain Java.
final class FloatOpcodes extends Opcodes {
  FloatOpcodes() {
    nearest();
    directed();
    flushed();
    compare();
    doubles();
    coarse();
    for (String mode : List.of("rz", "rm", "rp")) {
      directed64(mode);
    }
  }

  private void nearest() {
    f32("add.f32", (a, b) -> a + b);
    f32("add.rn.f32", (a, b) -> a + b);
    f32("sub.f32", (a, b) -> a - b);
    f32("mul.f32", (a, b) -> a * b);
    f32("mul.f32 $d, $a, 0f40490FDB", a -> a * real(0x40490FDB));
    f32("fma.rn.f32", (a, b, c) -> Math.fma(a, b, c));
    f32("div.rn.f32", (a, b) -> a / b);
    f32("rcp.rn.f32", a -> 1 / a);
    f32("sqrt.rn.f32", a -> (float) Math.sqrt(a));
    f32("add.sat.f32", (a, b) -> saturated(a + b));
    f32("fma.rn.sat.f32", (a, b, c) -> saturated(Math.fma(a, b, c)));
    f32("min.f32", (a, b) -> Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.min(a, b));
    f32("max.f32", (a, b) -> Float.isNaN(a) ? b : Float.isNaN(b) ? a : Math.max(a, b));
    bits("abs.f32", "f32 f32", a -> nanless(a) ? a & 0x7fffffff : 0x7fffffff);
    bits("neg.f32", "f32 f32", a -> nanless(a) ? a ^ 0x80000000L : 0x7fffffff);
    bits("copysign.f32", "f32 f32 f32", (a, b) -> (a & 0x80000000L) | (b & 0x7fffffff));
    bits("testp.finite.f32", "pred f32", a -> Float.isFinite(real(a)) ? 1 : 0);
    bits(
        "testp.subnormal.f32",
        "pred f32",
        a -> (a & 0x7f800000) == 0 && (a & 0x7fffff) != 0 ? 1 : 0);
    bits("testp.notanumber.f32", "pred f32", a -> nanless(a) ? 0 : 1);
  }

  private static boolean nanless(long bits) {
    return !Float.isNaN(real(bits));
  }

  private static float saturated(float value) {
    return Float.isNaN(value) || value <= 0 ? 0 : Math.min(1, value);
  }

  private void directed() {
    for (String mode : List.of("rz", "rm", "rp")) {
      f32("add." + mode + ".f32", (a, b) -> rounded(a + b, mode, a, 1, b));
      f32("sub." + mode + ".f32", (a, b) -> rounded(a - b, mode, a, 1, -b));
      f32("mul." + mode + ".f32", (a, b) -> rounded(a * b, mode, a, b, Float.NaN));
      f32("fma." + mode + ".f32", (a, b, c) -> rounded(Math.fma(a, b, c), mode, a, b, c));
      f32("div." + mode + ".f32", (a, b) -> quotient(a, b, mode));
      f32("rcp." + mode + ".f32", a -> quotient(1, a, mode));
      f32("sqrt." + mode + ".f32", a -> root(a, mode));
    }
  }

  /// a·b + c (c NaN: a·b) in decimal arithmetic; `near` is the nearest float.
  private static float rounded(float near, String mode, float a, float b, float c) {
    boolean sum = !Float.isNaN(c);
    if (Float.isNaN(near) || !Float.isFinite(a) || !Float.isFinite(b) || Float.isInfinite(c)) {
      return near;
    }
    BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b));
    exact = sum ? exact.add(new BigDecimal(c)) : exact;
    if (exact.signum() == 0) {
      boolean product = (Float.floatToRawIntBits(a) ^ Float.floatToRawIntBits(b)) < 0;
      boolean negative =
          sum && product == Float.floatToRawIntBits(c) < 0 && Math.abs(c) == 0 && near == 0;
      return sum && !negative ? mode.equals("rm") ? -0f : 0f : near;
    }
    return toward(exact, mode);
  }

  private static float quotient(float a, float b, String mode) {
    float near = a / b;
    if (!Float.isFinite(a) || !Float.isFinite(b) || a == 0 || b == 0) {
      return near;
    }
    return toward(new BigDecimal(a).divide(new BigDecimal(b), new MathContext(300)), mode);
  }

  private static float root(float a, String mode) {
    return a > 0 && Float.isFinite(a)
        ? toward(new BigDecimal(a).sqrt(new MathContext(60, RoundingMode.HALF_EVEN)), mode)
        : (float) Math.sqrt(a);
  }

  private static float toward(BigDecimal exact, String mode) {
    boolean down = mode.equals("rm") || (mode.equals("rz") && exact.signum() > 0);
    float near = exact.floatValue();
    if (Float.isInfinite(near)) {
      boolean outward = near > 0 != down;
      return outward ? near : Math.copySign(Float.MAX_VALUE, near);
    }
    int cmp = new BigDecimal(near).compareTo(exact);
    float result =
        down && cmp > 0 ? Math.nextDown(near) : !down && cmp < 0 ? Math.nextUp(near) : near;
    return result == 0 ? Math.copySign(0f, exact.signum()) : result;
  }

  private void flushed() {
    f32("add.ftz.f32", (a, b) -> flush(flush(a) + flush(b)));
    f32("mul.ftz.f32", (a, b) -> flush(flush(a) * flush(b)));
    f32("fma.rn.ftz.f32", (a, b, c) -> flush(Math.fma(flush(a), flush(b), flush(c))));
    f32("div.rn.ftz.f32", (a, b) -> flush(flush(a) / flush(b)));
    bits("setp.gt.ftz.f32 $d, $a, 0f00000000", "pred f32", a -> flush(real(a)) > 0 ? 1 : 0);
  }

  private void compare() {
    for (String ordered : List.of("eq", "ne", "lt", "le", "gt", "ge")) {
      for (String how : List.of(ordered, ordered + "u")) {
        setp(how);
      }
      bits(
          "setp." + ordered + ".f64",
          "pred f64 f64",
          (a, b) -> holds(ordered, f64(a), f64(b)) ? 1 : 0);
    }
    setp("num");
    setp("nan");
    bits("set.lt.f32.f32", "f32 f32 f32", (a, b) -> real(a) < real(b) ? 0x3f800000 : 0);
    bits("slct.f32.f32", "f32 f32 f32 f32", (a, b, c) -> real(c) >= 0 ? a : b);
  }

  private void setp(String how) {
    bits("setp." + how + ".f32", "pred f32 f32", (a, b) -> holds(how, real(a), real(b)) ? 1 : 0);
  }

  private void doubles() {
    f64("add.f64", (a, b) -> a + b);
    f64("sub.f64", (a, b) -> a - b);
    f64("mul.f64", (a, b) -> a * b);
    f64("fma.rn.f64", (a, b, c) -> Math.fma(a, b, c));
    f64("div.rn.f64", (a, b) -> a / b);
    f64("rcp.rn.f64", a -> 1 / a);
    f64("sqrt.rn.f64", a -> Math.sqrt(a));
    f64("neg.f64", a -> -a);
    f64("abs.f64", a -> Math.abs(a));
    f64("max.f64", (a, b) -> Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b));
  }

  /// The approximations of f64 see 32 bits and give 32 bits.
  private void coarse() {
    bits("rcp.approx.ftz.f64", "b64 f64", a -> upper(1 / upper(a)));
    bits("rsqrt.approx.ftz.f64", "b64 f64", a -> upper(1 / Math.sqrt(upper(a))));
    // Two roundings are as good as the documented ulp; the result is one of the two doubles around.
    f64("rsqrt.approx.f64", a -> 1 / Math.sqrt(a));
  }

  private static double upper(long bits) {
    double value = Double.longBitsToDouble(bits >>> 32 << 32);
    // A NaN may have all its bits in the lower half.
    return Double.isNaN(Double.longBitsToDouble(bits))
        ? Double.NaN
        : Math.abs(value) < Double.MIN_NORMAL ? Math.copySign(0, value) : value;
  }

  private static long upper(double value) {
    return Double.isNaN(value)
        ? 0x7fffffff00000000L
        : Double.doubleToRawLongBits(upper(Double.doubleToRawLongBits(value)));
  }

  private void directed64(String mode) {
    f64("add." + mode + ".f64", (a, b) -> rounded(a + b, mode, a, 1, b));
    f64("sub." + mode + ".f64", (a, b) -> rounded(a - b, mode, a, 1, -b));
    f64("mul." + mode + ".f64", (a, b) -> rounded(a * b, mode, a, b, Double.NaN));
    f64("fma." + mode + ".f64", (a, b, c) -> rounded(Math.fma(a, b, c), mode, a, b, c));
  }

  /// a·b + c (c NaN: a·b) in decimal arithmetic; `near` is the nearest double.
  private static double rounded(double near, String mode, double a, double b, double c) {
    double sum = Double.isNaN(c) ? 0 : c;
    boolean finite = Double.isFinite(a) && Double.isFinite(b) && Double.isFinite(sum);
    if (Double.isNaN(near) || !finite) {
      return near;
    }
    BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(sum));
    boolean minus = (Double.doubleToRawLongBits(a) ^ Double.doubleToRawLongBits(b)) < 0;
    if (exact.signum() == 0) {
      boolean alike = Double.isNaN(c) || (c == 0 && minus == Double.doubleToRawLongBits(c) < 0);
      return alike ? minus ? -0.0 : 0.0 : mode.equals("rm") ? -0.0 : 0.0;
    }
    // Truncated: the largest double that is not beyond the exact value.
    double size = exact.abs().doubleValue();
    boolean beyond = Double.isInfinite(size) || new BigDecimal(size).compareTo(exact.abs()) > 0;
    size = beyond ? Math.nextDown(size) : size;
    boolean whole = new BigDecimal(size).compareTo(exact.abs()) == 0;
    boolean outward = mode.equals(exact.signum() > 0 ? "rp" : "rm");
    return exact.signum() * (outward && !whole ? Math.nextUp(size) : size);
  }
}
