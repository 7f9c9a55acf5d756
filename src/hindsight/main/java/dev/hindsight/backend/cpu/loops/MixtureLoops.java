package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.loops.Loops.SMALLEST_ERROR;
import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.constant;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;

import dev.hindsight.backend.Mixture;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The parts of a mixture of logistics over a block of pixels, on the calling thread.
///
/// With d = a - b = 2r and a bin's ends a, b, which the highest and the lowest level lack: log P =
/// log(1 - e^-d) - softplus(-a) - softplus(b).
///
/// On whole vectors: a block has nothing left over. One exponential or logarithm a loop, which is
/// what C2 takes. `side` is 1 for the upper end of a bin, -1 for the lower; what is side·(z +
/// side)·r is then a or -b.
public final class MixtureLoops {
  /// Up to here log(1 - e^-d) is log d + log((1 - e^-d) / d), the latter by its series, whose next
  /// term is 5e-9; e^-d would have lost what matters.
  private static final float NARROW = 0.7f;

  // log((1 - e^-d) / d) + d/2, by power of d
  private static final float WIDTH_2 = 1 / 24f;
  private static final float WIDTH_4 = -1 / 2880f;
  private static final float WIDTH_6 = 1 / 181440f;

  // Its derivative by log d, d / (e^d - 1) = 1 - d/2 + …, by power of d
  private static final float SLOPE_2 = 1 / 12f;
  private static final float SLOPE_4 = -1 / 720f;
  private static final float SLOPE_6 = 1 / 30240f;

  private MixtureLoops() {}

  /// [MixtureBlock#masses] and all that it takes, of numbers, places and log scales.
  public static void logMasses(MixtureBlock b) {
    long end = (long) b.terms() * Float.BYTES;
    float top = b.mixture().top();
    rates(b.logScales(), 1 / top, b.rates(), end);
    decays(1, b.places(), b.rates(), b.above(), end);
    decays(-1, b.places(), b.rates(), b.below(), end);
    twiceDecays(b.rates(), b.widths(), end);
    widths(b, top, (float) Math.log(2 / top), end);
    addTails(1, b, top, b.above(), end);
    addTails(-1, b, top, b.below(), end);
  }

  /// The slopes of the same, afterwards.
  public static void slopes(MixtureBlock b) {
    long end = (long) b.terms() * Float.BYTES;
    float top = b.mixture().top();
    tailSlopes(1, b, top, b.above(), end);
    tailSlopes(-1, b, top, b.below(), end);
    widthSlopes(b, top, end);
    scaleSlopes(b, end);
    placeSlopes(b, end);
  }

  private static void rates(long logScale, float halfBin, long r, long end) {
    FloatVector least = constant(Mixture.LEAST_LOG_SCALE);
    FloatVector factor = constant(halfBin);
    for (long o = 0; o < end; o += STEP) {
      FloatVector log = VectorMath.larger(least, load(logScale + o));
      store(VectorMath.expOfNegative(log.neg()).mul(factor), r + o);
    }
  }

  private static void decays(float side, long z, long r, long u, long end) {
    FloatVector away = constant(side);
    for (long o = 0; o < end; o += STEP) {
      FloatVector a = load(z + o).add(away).mul(load(r + o));
      store(VectorMath.expOfNegative(a.abs().neg()), u + o);
    }
  }

  private static void twiceDecays(long r, long e, long end) {
    FloatVector factor = constant(-2);
    for (long o = 0; o < end; o += STEP) {
      store(VectorMath.expOfNegative(load(r + o).mul(factor)), e + o);
    }
  }

  /// log P = log(1 - e^-d), 0 of a bin that is open.
  ///
  /// @param logUnit log d of scale 1
  private static void widths(MixtureBlock b, float top, float logUnit, long end) {
    long numbers = b.numbers();
    long logScales = b.logScales();
    long rates = b.rates();
    long widths = b.widths();
    long masses = b.masses();
    FloatVector least = constant(Mixture.LEAST_LOG_SCALE);
    FloatVector unit = constant(logUnit);
    FloatVector sixth = constant(WIDTH_6);
    FloatVector fourth = constant(WIDTH_4);
    FloatVector second = constant(WIDTH_2);
    FloatVector zero = constant(0);
    for (long o = 0; o < end; o += STEP) {
      FloatVector r = load(rates + o);
      FloatVector d2 = r.mul(r).mul(4);
      FloatVector log = unit.sub(VectorMath.larger(least, load(logScales + o)));
      FloatVector series = d2.fma(sixth, fourth).fma(d2, second).fma(d2, log.sub(r));
      FloatVector wide = VectorMath.log1p(load(widths + o).neg());
      FloatVector width = series.blend(wide, r.compare(VectorOperators.GT, NARROW / 2));
      VectorMask<Float> closed = load(numbers + o).abs().compare(VectorOperators.LT, top);
      store(zero.blend(width, closed), masses + o);
    }
  }

  /// log P -= softplus(-a), or softplus(b)
  private static void addTails(float side, MixtureBlock b, float top, long u, long end) {
    long numbers = b.numbers();
    long places = b.places();
    long rates = b.rates();
    long masses = b.masses();
    FloatVector away = constant(side);
    FloatVector one = constant(1);
    for (long o = 0; o < end; o += STEP) {
      FloatVector a = load(places + o).fma(away, one).mul(load(rates + o));
      FloatVector tail = a.min(0).sub(VectorMath.log1p(load(u + o)));
      VectorMask<Float> open = load(numbers + o).mul(away).compare(VectorOperators.GE, top);
      store(load(masses + o).add(tail.blend(0, open)), masses + o);
    }
  }

  /// u = σ(-a), or σ(b); 0 where the bin is open
  private static void tailSlopes(float side, MixtureBlock b, float top, long u, long end) {
    long numbers = b.numbers();
    long places = b.places();
    FloatVector away = constant(side);
    FloatVector one = constant(1);
    for (long o = 0; o < end; o += STEP) {
      FloatVector e = load(u + o);
      VectorMask<Float> beyond = load(places + o).fma(away, one).compare(VectorOperators.GE, 0);
      FloatVector slope = one.blend(e, beyond).div(e.add(one));
      VectorMask<Float> open = load(numbers + o).mul(away).compare(VectorOperators.GE, top);
      store(VectorMath.flush(slope, SMALLEST_ERROR).blend(0, open), u + o);
    }
  }

  /// widths = d / (e^d - 1), 0 where a bin is open
  private static void widthSlopes(MixtureBlock b, float top, long end) {
    long numbers = b.numbers();
    long rates = b.rates();
    long widths = b.widths();
    FloatVector sixth = constant(SLOPE_6);
    FloatVector fourth = constant(SLOPE_4);
    FloatVector second = constant(SLOPE_2);
    FloatVector one = constant(1);
    FloatVector zero = constant(0);
    for (long o = 0; o < end; o += STEP) {
      FloatVector r = load(rates + o);
      FloatVector d = r.add(r);
      FloatVector d2 = d.mul(d);
      FloatVector series = d2.fma(sixth, fourth).fma(d2, second).fma(d2, one.sub(r));
      FloatVector e = load(widths + o);
      FloatVector slope =
          series.blend(d.mul(e).div(one.sub(e)), d.compare(VectorOperators.GT, NARROW));
      VectorMask<Float> closed = load(numbers + o).abs().compare(VectorOperators.LT, top);
      store(zero.blend(slope, closed), widths + o);
    }
  }

  /// widths = dlogP by the log scale, 0 where that is held
  private static void scaleSlopes(MixtureBlock b, long end) {
    long logScales = b.logScales();
    long places = b.places();
    long rates = b.rates();
    long above = b.above();
    long below = b.below();
    long widths = b.widths();
    FloatVector one = constant(1);
    for (long o = 0; o < end; o += STEP) {
      FloatVector z = load(places + o);
      FloatVector up = z.add(one).mul(load(above + o));
      FloatVector down = z.sub(one).mul(load(below + o));
      FloatVector slope = down.sub(up).mul(load(rates + o)).sub(load(widths + o));
      VectorMask<Float> held =
          load(logScales + o).compare(VectorOperators.LT, Mixture.LEAST_LOG_SCALE);
      // NaN stays NaN where the log scale is held, too
      store(VectorMath.flush(slope, SMALLEST_ERROR).mul(one.blend(0, held)), widths + o);
    }
  }

  /// places = dlogP/dz
  private static void placeSlopes(MixtureBlock b, long end) {
    long places = b.places();
    long rates = b.rates();
    long above = b.above();
    long below = b.below();
    for (long o = 0; o < end; o += STEP) {
      store(load(above + o).sub(load(below + o)).mul(load(rates + o)), places + o);
    }
  }

  /// e = e / sums, row by row; 0 where it is below [Loops#SMALLEST_ERROR]
  public static void shares(long e, int rows, long sums, int columns) {
    long end = (long) columns * Float.BYTES;
    for (int row = 0; row < rows; row++) {
      long at = e + row * end;
      for (long o = 0; o < end; o += STEP) {
        FloatVector share = load(at + o).div(load(sums + o));
        store(VectorMath.flush(share, SMALLEST_ERROR), at + o);
      }
    }
  }
}
