package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Mixture;

/// One element at a time, functions in double.
final class ScalarMixture implements MixtureLoops {
  @Override
  public void logMasses(MixtureBlock b) {
    float top = b.mixture().top();
    for (long o = 0; o < (long) b.terms() * Float.BYTES; o += Float.BYTES) {
      double n = Raw.get(b.numbers() + o);
      double z = Raw.get(b.places() + o);
      double logScale = Math.max(Raw.get(b.logScales() + o), Mixture.LEAST_LOG_SCALE);
      double rate = Math.exp(-logScale) / top;
      Raw.put(b.rates() + o, (float) rate);
      Raw.put(b.masses() + o, (float) logMass(n, z, rate, top));
    }
  }

  @Override
  public void slopes(MixtureBlock b) {
    float top = b.mixture().top();
    for (long o = 0; o < (long) b.terms() * Float.BYTES; o += Float.BYTES) {
      double n = Raw.get(b.numbers() + o);
      double z = Raw.get(b.places() + o);
      double rate = Raw.get(b.rates() + o);
      double up = n == top ? 0 : sigmoid(-(z + 1) * rate);
      double down = n == -top ? 0 : sigmoid((z - 1) * rate);
      double width = Math.abs(n) < top ? widthSlope(2 * rate) : 0;
      boolean held = Raw.get(b.logScales() + o) < Mixture.LEAST_LOG_SCALE;
      double slope = ((z - 1) * down - (z + 1) * up) * rate - width;
      Raw.put(b.widths() + o, (float) (slope * (held ? 0 : 1))); // NaN stays NaN
      Raw.put(b.places() + o, (float) ((up - down) * rate));
    }
  }

  @Override
  public void shares(long e, int rows, long sums, int columns) {
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        long at = Raw.at(e, row, columns, column);
        float share = Raw.get(at) / Raw.get(Raw.at(sums, column));
        Raw.put(at, share < Loops.SMALLEST_ERROR ? 0 : share);
      }
    }
  }

  /// log P of number n at the place z.
  static double logMass(double n, double z, double rate, float top) {
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

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
