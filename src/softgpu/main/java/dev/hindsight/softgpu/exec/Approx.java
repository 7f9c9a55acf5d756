package dev.hindsight.softgpu.exec;

/// An approximate instruction: computed in double and rounded once, or, with perturb, moved to the
/// edge of the error that its documentation allows.
public final class Approx extends Op {
  /// The exact result, in double.
  public interface Exact {
    double apply(double a, double b);
  }

  /// The documented error of a result: how far from the exact value it may be.
  public interface Bound {
    double apply(double a, double b, double exact);
  }

  private final int d;
  private final int a;
  private final int b;
  private final boolean ftz;
  private final Exact exact;
  private final Bound bound;

  public Approx(int d, int a, int b, boolean ftz, Exact exact, Bound bound) {
    this.d = d;
    this.a = a;
    this.b = b;
    this.ftz = ftz;
    this.exact = exact;
    this.bound = bound;
    this.flops = 1;
  }

  @Override
  public void exec(Warp w, int mask) {
    float[] out = w.floatTarget(d, mask);
    float[] x = w.f(a, 0);
    float[] y = w.f(b, 1);
    boolean perturb = w.block.launch.perturb;
    for (int k = 0; k < Warp.LANES; k++) {
      out[k] = one(x[k], y[k], perturb);
    }
    w.commit(d, mask, out);
  }

  private float one(float p, float q, boolean perturb) {
    float x = ftz ? Rounding.flush(p) : p;
    float y = ftz ? Rounding.flush(q) : q;
    double value = exact.apply(x, y);
    float result = (float) value;
    if (perturb && result != 0 && Math.abs(result) < Float.POSITIVE_INFINITY) {
      result = moved(x, y, value);
    }
    return Rounding.canonical(ftz ? Rounding.flush(result) : result);
  }

  /// The float furthest from the exact value that the bound allows; the input's bits choose the
  /// side.
  private float moved(float x, float y, double value) {
    double allowed = bound.apply(x, y, value);
    int bits = Float.floatToRawIntBits(x) * 0x9e3779b9 ^ Float.floatToRawIntBits(y);
    double target = bits * 0x85ebca6b < 0 ? value - allowed : value + allowed;
    float moved = (float) target;
    if (Math.abs(moved - value) > allowed) {
      moved = moved > value ? Math.nextDown(moved) : Math.nextUp(moved);
    }
    return Math.abs(moved) < Float.POSITIVE_INFINITY ? moved : (float) value;
  }

  public static double ulps(double exact, int count) {
    return count * (double) Math.ulp((float) exact);
  }
}
