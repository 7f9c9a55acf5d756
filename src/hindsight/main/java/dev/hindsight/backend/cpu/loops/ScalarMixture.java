package dev.hindsight.backend.cpu.loops;

import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cpu.machine.Native;

/// One element at a time, functions in double.
public final class ScalarMixture implements MixtureLoops {
  @Override
  public void logMasses(MixtureBlock b) {
    float top = b.mixture().top();
    for (long o = 0; o < (long) b.terms() * Float.BYTES; o += Float.BYTES) {
      double n = Native.get(b.numbers() + o);
      double z = Native.get(b.places() + o);
      double logScale = Math.max(Native.get(b.logScales() + o), Mixture.LEAST_LOG_SCALE);
      double rate = Math.exp(-logScale) / top;
      Native.put(b.rates() + o, (float) rate);
      Native.put(b.masses() + o, (float) logMass(n, z, rate, top));
    }
  }

  @Override
  public void slopes(MixtureBlock b) {
    float top = b.mixture().top();
    for (long o = 0; o < (long) b.terms() * Float.BYTES; o += Float.BYTES) {
      double n = Native.get(b.numbers() + o);
      double z = Native.get(b.places() + o);
      double rate = Native.get(b.rates() + o);
      double up = n == top ? 0 : sigmoid(-(z + 1) * rate);
      double down = n == -top ? 0 : sigmoid((z - 1) * rate);
      double width = Math.abs(n) < top ? widthSlope(2 * rate) : 0;
      boolean held = Native.get(b.logScales() + o) < Mixture.LEAST_LOG_SCALE;
      double slope = ((z - 1) * down - (z + 1) * up) * rate - width;
      Native.put(b.widths() + o, (float) (slope * (held ? 0 : 1))); // NaN stays NaN
      Native.put(b.places() + o, (float) ((up - down) * rate));
    }
  }

  @Override
  public void shares(long e, int rows, long sums, int columns) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        long at = Native.at(e, row, columns, column);
        float share = Native.get(at) / Native.get(sums, column);
        Native.put(at, share < Loops.SMALLEST_ERROR ? 0 : share);
      }
    }
  }

  /// log P of number n at the place z.
  public static double logMass(double n, double z, double rate, float top) {
    double mass = Math.abs(n) < top ? Math.log(-Math.expm1(-2 * rate)) : 0;
    mass -= n == top ? 0 : softplus(-(z + 1) * rate);
    return mass - (n == -top ? 0 : softplus((z - 1) * rate));
  }

  /// d / (e^d - 1)
  private static double widthSlope(double d) {
    return d == 0 ? 1 : d / Math.expm1(d);
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  public static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
