package dev.hindsight.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// exp, log1p, tanh, σ and Φ on vectors of floats.
///
/// Error bounds, which a test checks against double over the whole range of each: `exp`, `sigmoid`,
/// `tanh` and `log1p` are within 4 units in the last place where the result is normal (below that,
/// within 1e-37); `normalCdf` is within 4e-7 absolutely. NaN stays NaN, and infinities give limits.
final class VectorMath {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  private static final float LOG2_E = 1.442695f;
  // ln 2 in two parts, the first with few enough bits that n times it is exact (Cody & Waite 1980).
  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = -0.00021219444f;

  /// Adding it leaves the nearest integer in the low bits of the significand.
  private static final float TO_INTEGER = 0x1.8p23f;

  private VectorMath() {}

  /// e^x = 2^n·e^r with n = round(x / ln 2), |r| <= ln 2 / 2, and a Taylor polynomial of degree 7.
  static FloatVector exp(FloatVector x) {
    // Beyond these the result is 0 or infinite; NaN compares false and passes.
    FloatVector low = x.blend(-104f, x.compare(VectorOperators.LT, -104f));
    FloatVector clamped = low.blend(89f, low.compare(VectorOperators.GT, 89f));
    FloatVector shifted = clamped.mul(LOG2_E).add(TO_INTEGER);
    FloatVector n = shifted.sub(TO_INTEGER);
    FloatVector r = n.mul(-LN2_LOW).add(n.mul(-LN2_HIGH).add(clamped));
    FloatVector p = r.mul(1 / 5040f).add(1 / 720f);
    p = p.fma(r, constant(1 / 120f));
    p = p.fma(r, constant(1 / 24f));
    p = p.fma(r, constant(1 / 6f));
    p = p.fma(r, constant(0.5f));
    p = p.fma(r, constant(1));
    p = p.fma(r, constant(1));
    // In two steps, since 2^n alone overflows at 128 and underflows at -127.
    IntVector power = shifted.reinterpretAsInts().sub(Float.floatToRawIntBits(TO_INTEGER));
    IntVector half = power.lanewise(VectorOperators.ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(power.sub(half)));
  }

  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  /// ln(1 + u) for 0 <= u <= 1, as 2·artanh(s) with s = u / (2 + u) <= 1/3.
  static FloatVector log1p(FloatVector u) {
    FloatVector s = u.div(u.add(2));
    FloatVector s2 = s.mul(s);
    FloatVector p = s2.mul(1 / 15f).add(1 / 13f);
    p = p.fma(s2, constant(1 / 11f));
    p = p.fma(s2, constant(1 / 9f));
    p = p.fma(s2, constant(1 / 7f));
    p = p.fma(s2, constant(1 / 5f));
    p = p.fma(s2, constant(1 / 3f));
    FloatVector twice = s.add(s);
    return p.mul(s2).fma(twice, twice);
  }

  /// 1 / (1 + e^-x)
  static FloatVector sigmoid(FloatVector x) {
    return constant(1).div(exp(x.neg()).add(1));
  }

  /// By an odd polynomial for |x| < 0.625 (Cephes), else 1 - 2 / (e^2|x| + 1) with the sign of x.
  static FloatVector tanh(FloatVector x) {
    FloatVector size = x.abs();
    FloatVector x2 = x.mul(x);
    FloatVector p = x2.mul(-0.0057049887f).add(0.020639088f);
    p = p.fma(x2, constant(-0.053739715f));
    p = p.fma(x2, constant(0.13331442f));
    p = p.fma(x2, constant(-0.3333328f));
    FloatVector small = p.mul(x2).fma(x, x);
    FloatVector large = constant(1).sub(constant(2).div(exp(size.add(size)).add(1)));
    FloatVector signed = large.blend(large.neg(), x.compare(VectorOperators.LT, 0));
    return small
        .blend(signed, size.compare(VectorOperators.GE, 0.625f))
        .blend(x, x.test(VectorOperators.IS_NAN));
  }

  /// Φ(x) by formula 7.1.26 of Abramowitz & Stegun for erf.
  static FloatVector normalCdf(FloatVector x) {
    FloatVector z = x.abs().mul(0.70710677f);
    FloatVector t = constant(1).div(z.mul(0.3275911f).add(1));
    FloatVector p = t.mul(1.0614054f).add(-1.4531521f);
    p = p.fma(t, constant(1.4214138f));
    p = p.fma(t, constant(-0.28449672f));
    p = p.fma(t, constant(0.2548296f));
    FloatVector tail = p.mul(t).mul(exp(z.mul(z).neg())).mul(0.5f);
    return constant(1).sub(tail).blend(tail, x.compare(VectorOperators.LT, 0));
  }

  /// φ(x), the standard normal density.
  static FloatVector normalDensity(FloatVector x) {
    return exp(x.mul(x).mul(-0.5f)).mul(0.3989423f);
  }

  static FloatVector constant(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
