package dev.hindsight.softgpu.exec;

/// Ops that compute all 32 lanes in one loop. Sources that an op lacks repeat another one. What is
/// said for ints, longs and floats alike stays apart, and each op has a class and a loop of its
/// own: only so does the compiler make vector code of it.
public final class Vector {
  private Vector() {}

  /// A loop over 32 lanes.
  public interface Ints {
    void run(int[] d, int[] a, int[] b, int[] c);
  }

  public interface Floats {
    void run(float[] d, float[] a, float[] b, float[] c);
  }

  public interface Longs {
    void run(long[] d, long[] a, long[] b, long[] c);
  }

  /// `mul.wide`, `mad.wide`, and widening conversions.
  public interface Wide {
    void run(long[] d, int[] a, int[] b, long[] c);
  }

  /// Shifts of 64 bits by a 32-bit amount.
  public interface LongShift {
    void run(long[] d, long[] a, int[] b);
  }

  /// What a loop does in one lane.
  public interface IntLane {
    int apply(int a, int b, int c);
  }

  public interface FloatLane {
    float apply(float a, float b, float c);
  }

  public interface LongLane {
    long apply(long a, long b, long c);
  }

  /// The loop of a lane. It becomes vector code where the call stands alone in a lambda and `lane`
  /// captures nothing: `(d, a, b, c) -> each(d, a, b, c, (x, y, _) -> x + y)`.
  public static void each(int[] d, int[] a, int[] b, int[] c, IntLane lane) {
    for (int k = 0; k < Warp.LANES; k++) {
      d[k] = lane.apply(a[k], b[k], c[k]);
    }
  }

  public static void each(float[] d, float[] a, float[] b, float[] c, FloatLane lane) {
    for (int k = 0; k < Warp.LANES; k++) {
      d[k] = lane.apply(a[k], b[k], c[k]);
    }
  }

  public static void each(long[] d, long[] a, long[] b, long[] c, LongLane lane) {
    for (int k = 0; k < Warp.LANES; k++) {
      d[k] = lane.apply(a[k], b[k], c[k]);
    }
  }

  public static Op ints(int d, int a, int b, int c, Ints loop) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        int[] out = w.intTarget(d, mask);
        loop.run(out, w.i(a, 0), w.i(b, 1), w.i(c, 2));
        w.commit(d, mask, out);
      }
    };
  }

  public static Op floats(int d, int a, int b, int c, Floats loop) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        float[] out = w.floatTarget(d, mask);
        loop.run(out, w.f(a, 0), w.f(b, 1), w.f(c, 2));
        w.commit(d, mask, out);
      }
    };
  }

  /// `fma.rn.f32`: the op that matters most has its own loop.
  public static Op fma(int d, int a, int b, int c) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        float[] out = w.floatTarget(d, mask);
        fma(out, w.f(a, 0), w.f(b, 1), w.f(c, 2));
        w.commit(d, mask, out);
      }
    };
  }

  private static void fma(float[] d, float[] a, float[] b, float[] c) {
    for (int k = 0; k < Warp.LANES; k++) {
      d[k] = Math.fma(a[k], b[k], c[k]);
    }
  }

  public static Op longs(int d, int a, int b, int c, Longs loop) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        long[] out = w.longTarget(d, mask);
        loop.run(out, w.l(a), w.l(b), w.l(c));
        w.commit(d, mask, out);
      }
    };
  }

  public static Op longShift(int d, int a, int b, LongShift loop) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        long[] out = w.longTarget(d, mask);
        loop.run(out, w.l(a), w.i(b, 1));
        w.commit(d, mask, out);
      }
    };
  }

  /// Of ints to longs.
  ///
  /// @param c index in the long file, or -1
  public static Op wide(int d, int a, int b, int c, Wide loop) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        long[] out = w.longTarget(d, mask);
        loop.run(out, w.i(a, 0), w.i(b, 1), c < 0 ? out : w.l(c));
        w.commit(d, mask, out);
      }
    };
  }

  /// The low 32 bits.
  public static Op narrow(int d, int a) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        int[] out = w.intTarget(d, mask);
        long[] x = w.l(a);
        for (int k = 0; k < Warp.LANES; k++) {
          out[k] = (int) x[k];
        }
        w.commit(d, mask, out);
      }
    };
  }

  public static Op intToFloat(int d, int a) {
    return new Op() {
      @Override
      public void exec(Warp w, int mask) {
        float[] out = w.floatTarget(d, mask);
        int[] x = w.i(a, 0);
        for (int k = 0; k < Warp.LANES; k++) {
          out[k] = x[k];
        }
        w.commit(d, mask, out);
      }
    };
  }
}
