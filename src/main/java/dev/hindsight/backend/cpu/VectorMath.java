package dev.hindsight.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// exp, log1p, tanh, σ and erf's exponential tail on vectors of floats.
///
/// Error bounds, which a test checks against double over the whole range of each: 4 units in the
/// last place, or 1e-37 absolutely where the result is smaller than any normal number; `normalTail`
/// 3e-7 absolutely. NaN stays NaN, infinities give the limit.
///
/// C2 stops inlining after so many nodes, some 40 vector operations, and then makes objects of
/// vectors. So every function is short, and its callers keep to one exponential in a loop.
final class VectorMath {
  static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.length() <= 16
          ? FloatVector.SPECIES_PREFERRED
          : FloatVector.SPECIES_512;

  private static final int LANES = FLOATS.length();
  private static final VectorShuffle<Float> BY_8 = rotation(8);
  private static final VectorShuffle<Float> BY_4 = rotation(4);
  private static final VectorShuffle<Float> BY_2 = rotation(2);
  private static final VectorShuffle<Float> BY_1 = rotation(1);

  private static final float LOG2_E = 1.442695f;
  // ln 2 in two parts, the first with few enough bits that n times it is exact (Cody & Waite 1980).
  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = -0.00021219444f;

  /// Adding it leaves the nearest integer in the low bits of the significand.
  private static final float TO_INTEGER = 0x1.8p23f;

  /// e^this is 4.5e-38, still normal.
  private static final float LOWEST = -86;

  private VectorMath() {}

  private static VectorShuffle<Float> rotation(int lanes) {
    return VectorShuffle.iota(FLOATS, lanes, 1, true);
  }

  /// The sum of all lanes in one fixed order. `reduceLanes` adds in one order when interpreted and
  /// in another when compiled, so its bits depend on when the JIT comes around.
  static float sum(FloatVector v) {
    FloatVector halves = LANES > 8 ? v.add(v.rearrange(BY_8)) : v;
    FloatVector quarters = LANES > 4 ? halves.add(halves.rearrange(BY_4)) : halves;
    FloatVector pairs = LANES > 2 ? quarters.add(quarters.rearrange(BY_2)) : quarters;
    return (LANES > 1 ? pairs.add(pairs.rearrange(BY_1)) : pairs).lane(0);
  }

  /// e^x for x <= 0: 2^n·e^r with n = round(x / ln 2), |r| <= ln 2 / 2, e^r by the polynomial of
  /// Cephes' expf.
  static FloatVector expOfNegative(FloatVector x) {
    FloatVector clamped = x.max(constant(LOWEST));
    FloatVector shifted = clamped.fma(constant(LOG2_E), constant(TO_INTEGER));
    FloatVector n = shifted.sub(constant(TO_INTEGER));
    FloatVector r = n.fma(constant(-LN2_LOW), n.fma(constant(-LN2_HIGH), clamped));
    FloatVector p = r.fma(constant(0.00019875691f), constant(0.0013981999f));
    p = p.fma(r, constant(0.008333452f));
    p = p.fma(r, constant(0.041665796f));
    p = p.fma(r, constant(0.16666666f));
    p = p.fma(r, constant(0.5f));
    p = p.mul(r).fma(r, r);
    // The shift drops all of TO_INTEGER's bits and leaves n + 127, the exponent of 2^n.
    IntVector bits = shifted.reinterpretAsInts().add(127);
    FloatVector power = bits.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    return p.fma(power, power);
  }

  /// ln(1 + u) for 0 <= u <= 1, as 2·artanh(s) with s = u / (2 + u) <= 1/3.
  static FloatVector log1p(FloatVector u) {
    FloatVector s = u.div(u.add(constant(2)));
    FloatVector s2 = s.mul(s);
    FloatVector p = s2.fma(constant(1 / 15f), constant(1 / 13f));
    p = p.fma(s2, constant(1 / 11f));
    p = p.fma(s2, constant(1 / 9f));
    p = p.fma(s2, constant(1 / 7f));
    p = p.fma(s2, constant(1 / 5f));
    p = p.fma(s2, constant(1 / 3f));
    FloatVector twice = s.add(s);
    return p.mul(s2).fma(twice, twice);
  }

  /// 1 / (1 + e^-x), without overflow on either side.
  static FloatVector sigmoid(FloatVector x) {
    FloatVector one = constant(1);
    FloatVector e = expOfNegative(x.abs().neg());
    VectorMask<Float> negative = x.compare(VectorOperators.LT, 0);
    return one.blend(e, negative).div(e.add(one));
  }

  /// By an odd polynomial for |x| < 0.625 (Cephes), else (1 - e^-2|x|) / (1 + e^-2|x|) with the
  /// sign of x.
  static FloatVector tanh(FloatVector x) {
    FloatVector x2 = x.mul(x);
    FloatVector p = x2.fma(constant(-0.0057049887f), constant(0.020639088f));
    p = p.fma(x2, constant(-0.053739715f));
    p = p.fma(x2, constant(0.13331442f));
    p = p.fma(x2, constant(-0.3333328f));
    FloatVector small = p.mul(x2).fma(x, x);
    FloatVector one = constant(1);
    FloatVector size = x.abs();
    FloatVector e = expOfNegative(size.mul(constant(-2)));
    FloatVector numerator = one.sub(e);
    FloatVector signed = numerator.blend(numerator.neg(), x.compare(VectorOperators.LT, 0));
    return small.blend(signed.div(e.add(one)), size.compare(VectorOperators.GE, 0.625f));
  }

  /// 1 - Φ(|x|), given e^(-x²/2), by formula 7.1.26 of Abramowitz & Stegun for erf(|x| / √2).
  static FloatVector normalTail(FloatVector x, FloatVector e) {
    FloatVector one = constant(1);
    FloatVector t = one.div(x.abs().fma(constant(0.23164189f), one));
    FloatVector p = t.fma(constant(0.5307027f), constant(-0.7265760f));
    p = p.fma(t, constant(0.7107069f));
    p = p.fma(t, constant(-0.14224836f));
    p = p.fma(t, constant(0.1274148f));
    return p.mul(t).mul(e);
  }

  static FloatVector constant(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
