package dev.hindsight.softgpu.exec;

/// IEEE arithmetic on floats with a directed rounding, from doubles and their error terms.
public final class Rounding {
  /// How a result that is no float becomes one.
  public enum Mode {
    NEAREST,
    ZERO,
    DOWN,
    UP;

    /// The whole number that a value becomes.
    public double whole(double value) {
      return switch (this) {
        case NEAREST -> Math.rint(value);
        case DOWN -> Math.floor(value);
        case UP -> Math.ceil(value);
        case ZERO -> value < 0 ? Math.ceil(value) : Math.floor(value);
      };
    }

    /// Whether a result that is too large becomes the largest number and not infinity.
    public boolean stopsAtLargest(boolean positive) {
      return this == ZERO || this == (positive ? DOWN : UP);
    }
  }

  /// What single-precision instructions give for NaN.
  public static final float NAN = Float.intBitsToFloat(0x7fffffff);

  private Rounding() {}

  /// Rounds `sum + error`, an unevaluated exact sum with `|error| <= ulp(sum) / 2`.
  public static float round(double sum, double error, Mode mode) {
    float f = (float) sum;
    if (Float.isNaN(f)) {
      return NAN;
    }
    if (Double.isInfinite(sum)) {
      return f;
    }
    if (mode == Mode.NEAREST) {
      return nearest(sum, error, f);
    }
    // Compare f with the exact value: both differences are exact.
    double over = Float.isInfinite(f) ? f : f - sum;
    int cmp = Double.compare(over, error == 0 ? 0.0 : error);
    boolean above = cmp > 0 && over != error;
    boolean below = cmp < 0 && over != error;
    boolean down = mode == Mode.DOWN || (mode == Mode.ZERO && (sum > 0 || (sum == 0 && error > 0)));
    boolean up = mode == Mode.UP || (mode == Mode.ZERO && (sum < 0 || (sum == 0 && error < 0)));
    if (above && down) {
      return Math.nextDown(f);
    }
    return below && up ? Math.nextUp(f) : f;
  }

  private static float nearest(double sum, double error, float f) {
    if (error == 0 || Float.isInfinite(f)) {
      return f;
    }
    // A tie of the double that the error breaks.
    double away = sum - f;
    float other = away > 0 ? Math.nextUp(f) : away < 0 ? Math.nextDown(f) : f;
    if (away == 0 || Math.abs(sum - other) != Math.abs(away)) {
      return f;
    }
    return error > 0 ? Math.max(f, other) : Math.min(f, other);
  }

  public static float add(double a, double b, Mode mode) {
    double s = a + b;
    if (s == 0) {
      boolean bothNegative = 1 / a < 0 && 1 / b < 0 && a == 0 && b == 0;
      boolean opposite = a != 0 || 1 / a != 1 / b;
      return bothNegative || (opposite && mode == Mode.DOWN) ? -0f : 0f;
    }
    double t = s - a;
    double e = a - (s - t) + (b - t);
    return round(s, Double.isNaN(e) ? 0 : e, mode);
  }

  public static float mul(float a, float b, Mode mode) {
    return round((double) a * b, 0, mode);
  }

  public static float fma(float a, float b, float c, Mode mode) {
    return add((double) a * b, c, mode);
  }

  public static float div(float a, float b, Mode mode) {
    double q = (double) a / b;
    // The remainder has the sign of the error; its size does not matter beyond that.
    double r = Math.fma(-q, b, a);
    double e =
        r == 0 || !Double.isFinite(q) ? 0 : Math.copySign(Double.MIN_VALUE, r * Math.signum(b));
    return q == 0 || Float.isInfinite(b) ? canonical((float) q) : round(q, e, mode);
  }

  public static float sqrt(float a, Mode mode) {
    double q = Math.sqrt(a);
    double r = Math.fma(-q, q, a);
    double e = r == 0 || !Double.isFinite(q) ? 0 : Math.copySign(Double.MIN_VALUE, r);
    return q == 0 ? (float) q : round(q, e, mode);
  }

  public static float canonical(float f) {
    return Float.isNaN(f) ? NAN : f;
  }

  /// Bits of a float that arithmetic gave.
  static int canonicalBits(float f) {
    return Float.isNaN(f) ? 0x7fffffff : Float.floatToRawIntBits(f);
  }

  /// Subnormals become zero and keep their sign.
  public static float flush(float f) {
    return Math.abs(f) < Float.MIN_NORMAL ? Math.copySign(0f, f) : f;
  }

  /// `min` that gives the number when one side is NaN; -0 is below +0.
  public static float min(float a, float b) {
    return Float.isNaN(a) ? canonical(b) : Float.isNaN(b) ? a : Math.min(a, b);
  }

  public static float max(float a, float b) {
    return Float.isNaN(a) ? canonical(b) : Float.isNaN(b) ? a : Math.max(a, b);
  }
}
