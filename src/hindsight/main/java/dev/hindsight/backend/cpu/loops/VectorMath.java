package dev.hindsight.backend.cpu.loops;

import dev.hindsight.backend.cpu.machine.Native;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// exp, log1p, tanh, σ and erf's exponential tail on vectors of floats.
///
/// Error bounds, which a test checks against double over the whole range of each: 4 units in the
/// last place, or 1e-37 absolutely where the result is smaller than any normal number; `normalTail`
/// and `geluRise` 3e-7 absolutely. NaN stays NaN, infinities give the limit.
///
/// C2 stops inlining after so many nodes, some 40 vector operations, and then makes objects of
/// vectors. So every function is short, its callers keep to one exponential in a loop, and
/// constants are vectors in fields, which cost it less than a broadcast.
final class VectorMath {
  static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.length() <= 16
          ? FloatVector.SPECIES_PREFERRED
          : FloatVector.SPECIES_512;

  /// As many lanes, of integers and of bf16.
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());

  private static final VectorSpecies<Short> HALVES =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

  private static final int DROPPED = 16; // bits of a float that bf16 has not

  /// Bytes of a vector.
  static final long STEP = FLOATS.vectorByteSize();

  private static final int LANES = FLOATS.length();
  private static final VectorShuffle<Float> BY_8 = rotation(8);
  private static final VectorShuffle<Float> BY_4 = rotation(4);
  private static final VectorShuffle<Float> BY_2 = rotation(2);
  private static final VectorShuffle<Float> BY_1 = rotation(1);

  static final FloatVector ONE = constant(1);
  static final FloatVector HALF = constant(0.5f);
  private static final FloatVector TWO = constant(2);
  private static final FloatVector MINUS_TWO = constant(-2);
  private static final FloatVector MINUS_HALF = constant(-0.5f);

  private static final FloatVector LOG2_E = constant(1.442695f);
  // -ln 2 in two parts, the first with few enough bits that n times it is exact (Cody & Waite 1980)
  private static final FloatVector MINUS_LN2_HIGH = constant(-0x1.63p-1f);
  private static final FloatVector MINUS_LN2_LOW = constant(0.00021219444f);

  /// Adding it leaves the nearest integer in the low bits of the significand.
  private static final FloatVector TO_INTEGER = constant(0x1.8p23f);

  /// e^this is 4.5e-38, still normal.
  private static final FloatVector LOWEST = constant(-86);

  // e^r - 1 - r (Cephes' expf), by power
  private static final FloatVector EXP_7 = constant(0.00019875691f);
  private static final FloatVector EXP_6 = constant(0.0013981999f);
  private static final FloatVector EXP_5 = constant(0.008333452f);
  private static final FloatVector EXP_4 = constant(0.041665796f);
  private static final FloatVector EXP_3 = constant(0.16666666f);

  // artanh(s), by power
  private static final FloatVector ARTANH_15 = constant(1 / 15f);
  private static final FloatVector ARTANH_13 = constant(1 / 13f);
  private static final FloatVector ARTANH_11 = constant(1 / 11f);
  private static final FloatVector ARTANH_9 = constant(1 / 9f);
  private static final FloatVector ARTANH_7 = constant(1 / 7f);
  private static final FloatVector ARTANH_5 = constant(1 / 5f);
  private static final FloatVector ARTANH_3 = constant(1 / 3f);

  // tanh(x) - x (Cephes' tanhf), by power
  private static final FloatVector TANH_11 = constant(-0.0057049887f);
  private static final FloatVector TANH_9 = constant(0.020639088f);
  private static final FloatVector TANH_7 = constant(-0.053739715f);
  private static final FloatVector TANH_5 = constant(0.13331442f);
  private static final FloatVector TANH_3 = constant(-0.3333328f);

  // 1 - Φ(s) = (TAIL_1·t + … + TAIL_5·t^5)·e^(-s²/2) with t = 1 / (1 + TAIL·s), formula 7.1.26 of
  // Abramowitz & Stegun for erf(s / √2)
  private static final FloatVector TAIL = constant(0.23164189f);
  private static final FloatVector TAIL_5 = constant(0.5307027f);
  private static final FloatVector TAIL_4 = constant(-0.7265760f);
  private static final FloatVector TAIL_3 = constant(0.7107069f);
  private static final FloatVector TAIL_2 = constant(-0.14224836f);
  private static final FloatVector TAIL_1 = constant(0.1274148f);

  /// Of the normal distribution at 0: 1 / √(2π).
  private static final FloatVector DENSITY = constant(0.3989423f);

  private VectorMath() {}

  private static VectorShuffle<Float> rotation(int lanes) {
    return VectorShuffle.iota(FLOATS, lanes, 1, true);
  }

  static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(FLOATS, Native.ALL, address, ByteOrder.nativeOrder());
  }

  static void store(FloatVector value, long address) {
    value.intoMemorySegment(Native.ALL, address, ByteOrder.nativeOrder());
  }

  /// The lanes of a mask; zeros in the others, for which nothing is read.
  static FloatVector load(long address, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(
        FLOATS, Native.ALL, address, ByteOrder.nativeOrder(), mask);
  }

  /// The lanes of a mask; for the others nothing is written.
  static void store(FloatVector value, long address, VectorMask<Float> mask) {
    value.intoMemorySegment(Native.ALL, address, ByteOrder.nativeOrder(), mask);
  }

  /// As many numbers of bf16 as a vector has lanes.
  static FloatVector loadBf16(long address) {
    return ShortVector.fromMemorySegment(HALVES, Native.ALL, address, ByteOrder.nativeOrder())
        .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0)
        .reinterpretAsInts()
        .lanewise(VectorOperators.LSHL, DROPPED)
        .reinterpretAsFloats();
  }

  /// Rounded as [dev.hindsight.tensor.ElementType#toBf16] does.
  static void storeBf16(FloatVector value, long address) {
    IntVector bits = value.reinterpretAsInts();
    IntVector even = bits.lanewise(VectorOperators.LSHR, DROPPED).and(1);
    IntVector rounded = bits.add(even).add(0x7fff).lanewise(VectorOperators.LSHR, DROPPED);
    VectorMask<Integer> nan = bits.and(0x7fffffff).compare(VectorOperators.GT, 0x7f800000);
    rounded
        .blend(0x7fff, nan)
        .convertShape(VectorOperators.I2S, HALVES, 0)
        .reinterpretAsShorts()
        .intoMemorySegment(Native.ALL, address, ByteOrder.nativeOrder());
  }

  /// Bytes of whole vectors among `count` floats.
  static long whole(long count) {
    return count * Float.BYTES / STEP * STEP;
  }

  /// Floats left over.
  static long rest(long count) {
    return count % FLOATS.length();
  }

  /// The lanes of what is left over.
  static VectorMask<Float> restMask(long count) {
    return FLOATS.indexInRange(0, rest(count));
  }

  /// Lanes whose sum is that of a·b over `end` bytes, whole vectors, in two chains of additions.
  static FloatVector products(long a, long b, long end) {
    FloatVector even = FloatVector.zero(FLOATS);
    FloatVector odd = FloatVector.zero(FLOATS);
    long o = 0;
    for (; o + STEP < end; o += 2 * STEP) {
      even = load(a + o).fma(load(b + o), even);
      odd = load(a + o + STEP).fma(load(b + o + STEP), odd);
    }
    if (o < end) {
      even = load(a + o).fma(load(b + o), even);
    }
    return even.add(odd);
  }

  /// The sum of all lanes in one fixed order. `reduceLanes` adds in one order when interpreted and
  /// in another when compiled, so its bits depend on when the JIT comes around.
  static float sum(FloatVector v) {
    FloatVector halves = LANES > 8 ? v.add(v.rearrange(BY_8)) : v;
    FloatVector quarters = LANES > 4 ? halves.add(halves.rearrange(BY_4)) : halves;
    FloatVector pairs = LANES > 2 ? quarters.add(quarters.rearrange(BY_2)) : quarters;
    return (LANES > 1 ? pairs.add(pairs.rearrange(BY_1)) : pairs).lane(0);
  }

  /// The largest of all lanes, NaN where there is one.
  static float largest(FloatVector v) {
    FloatVector halves = LANES > 8 ? v.max(v.rearrange(BY_8)) : v;
    FloatVector quarters = LANES > 4 ? halves.max(halves.rearrange(BY_4)) : halves;
    FloatVector pairs = LANES > 2 ? quarters.max(quarters.rearrange(BY_2)) : quarters;
    return (LANES > 1 ? pairs.max(pairs.rearrange(BY_1)) : pairs).lane(0);
  }

  /// Lane by lane, b where either is NaN. `max`, which must tell -0 from 0, takes twice as long.
  static FloatVector larger(FloatVector a, FloatVector b) {
    return b.blend(a, b.compare(VectorOperators.LT, a));
  }

  /// e^x for x <= 0: 2^n·e^r with n = round(x / ln 2), |r| <= ln 2 / 2, e^r by the polynomial of
  /// Cephes' expf.
  static FloatVector expOfNegative(FloatVector x) {
    FloatVector clamped = larger(LOWEST, x);
    FloatVector shifted = clamped.fma(LOG2_E, TO_INTEGER);
    FloatVector n = shifted.sub(TO_INTEGER);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, clamped));
    FloatVector p = r.fma(EXP_7, EXP_6);
    p = p.fma(r, EXP_5);
    p = p.fma(r, EXP_4);
    p = p.fma(r, EXP_3);
    p = p.fma(r, HALF);
    p = p.mul(r).fma(r, r);
    // The shift drops all of TO_INTEGER's bits and leaves n + 127, the exponent of 2^n.
    IntVector bits = shifted.reinterpretAsInts().add(127);
    FloatVector power = bits.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    return p.fma(power, power);
  }

  /// ln(1 + u) for 0 <= u <= 1, as 2·artanh(s) with s = u / (2 + u) <= 1/3.
  static FloatVector log1p(FloatVector u) {
    FloatVector s = u.div(u.add(TWO));
    FloatVector s2 = s.mul(s);
    FloatVector p = s2.fma(ARTANH_15, ARTANH_13);
    p = p.fma(s2, ARTANH_11);
    p = p.fma(s2, ARTANH_9);
    p = p.fma(s2, ARTANH_7);
    p = p.fma(s2, ARTANH_5);
    p = p.fma(s2, ARTANH_3);
    FloatVector twice = s.add(s);
    return p.mul(s2).fma(twice, twice);
  }

  /// 1 / (1 + e^-x), without overflow on either side.
  static FloatVector sigmoid(FloatVector x) {
    FloatVector e = expOfNegative(x.abs().neg());
    VectorMask<Float> negative = x.compare(VectorOperators.LT, 0);
    return ONE.blend(e, negative).div(e.add(ONE));
  }

  /// By an odd polynomial for |x| < 0.625 (Cephes), else (1 - e^-2|x|) / (1 + e^-2|x|) with the
  /// sign of x.
  static FloatVector tanh(FloatVector x) {
    FloatVector x2 = x.mul(x);
    FloatVector p = x2.fma(TANH_11, TANH_9);
    p = p.fma(x2, TANH_7);
    p = p.fma(x2, TANH_5);
    p = p.fma(x2, TANH_3);
    FloatVector small = p.mul(x2).fma(x, x);
    FloatVector size = x.abs();
    FloatVector e = expOfNegative(size.mul(MINUS_TWO));
    FloatVector numerator = ONE.sub(e);
    FloatVector signed = numerator.blend(numerator.neg(), x.compare(VectorOperators.LT, 0));
    return small.blend(signed.div(e.add(ONE)), size.compare(VectorOperators.GE, 0.625f));
  }

  /// e^(-x²/2), the density of the normal distribution but for a factor.
  static FloatVector bell(FloatVector x) {
    return expOfNegative(x.mul(x).mul(MINUS_HALF));
  }

  /// 1 - Φ(|x|), given [#bell].
  static FloatVector normalTail(FloatVector x, FloatVector bell) {
    FloatVector t = ONE.div(x.abs().fma(TAIL, ONE));
    return tail(t).mul(t).mul(bell);
  }

  /// Φ(s) + s·φ(s) - 1/2 for a finite s >= 0.
  static FloatVector geluRise(FloatVector s) {
    FloatVector t = ONE.div(s.fma(TAIL, ONE));
    FloatVector fall = tail(t).mul(t).sub(s.mul(DENSITY));
    return HALF.sub(fall.mul(bell(s)));
  }

  private static FloatVector tail(FloatVector t) {
    FloatVector p = t.fma(TAIL_5, TAIL_4);
    p = p.fma(t, TAIL_3);
    p = p.fma(t, TAIL_2);
    return p.fma(t, TAIL_1);
  }

  static FloatVector flush(FloatVector x, float smallest) {
    return x.blend(0, x.abs().compare(VectorOperators.LT, smallest));
  }

  static FloatVector tanhSlope(FloatVector y) {
    return ONE.sub(y.mul(y));
  }

  static FloatVector sigmoidSlope(FloatVector y) {
    return y.sub(y.mul(y));
  }

  static FloatVector constant(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
