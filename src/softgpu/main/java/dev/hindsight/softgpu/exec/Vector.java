package dev.hindsight.softgpu.exec;

/// Ops that compute all 32 lanes in one loop. Sources that an op lacks repeat another one.
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

  public interface Narrow {
    void run(int[] d, long[] a);
  }

  public interface IntToFloat {
    void run(float[] d, int[] a);
  }

  /// Shifts of 64 bits by a 32-bit amount.
  public interface LongShift {
    void run(long[] d, long[] a, int[] b);
  }

  public static final class IntOp extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int c;
    private final Ints loop;

    public IntOp(int d, int a, int b, int c, Ints loop) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
      this.loop = loop;
    }

    @Override
    public void exec(Warp w, int mask) {
      int[] out = w.intTarget(d, mask);
      loop.run(out, w.i(a, 0), w.i(b, 1), w.i(c, 2));
      w.commit(d, mask, out);
    }
  }

  public static final class FloatOp extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int c;
    private final Floats loop;

    public FloatOp(int d, int a, int b, int c, Floats loop) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
      this.loop = loop;
    }

    @Override
    public void exec(Warp w, int mask) {
      float[] out = w.floatTarget(d, mask);
      loop.run(out, w.f(a, 0), w.f(b, 1), w.f(c, 2));
      w.commit(d, mask, out);
    }
  }

  /// `fma.rn.f32`: the op that matters most has its own class.
  public static final class Fma extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int c;

    public Fma(int d, int a, int b, int c) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
    }

    @Override
    public void exec(Warp w, int mask) {
      float[] out = w.floatTarget(d, mask);
      loop(out, w.f(a, 0), w.f(b, 1), w.f(c, 2));
      w.commit(d, mask, out);
    }

    private static void loop(float[] d, float[] a, float[] b, float[] c) {
      for (int k = 0; k < Warp.LANES; k++) {
        d[k] = Math.fma(a[k], b[k], c[k]);
      }
    }
  }

  public static final class LongOp extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int c;
    private final Longs loop;

    public LongOp(int d, int a, int b, int c, Longs loop) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
      this.loop = loop;
    }

    @Override
    public void exec(Warp w, int mask) {
      long[] out = w.longTarget(d, mask);
      loop.run(out, w.l(a), w.l(b), w.l(c));
      w.commit(d, mask, out);
    }
  }

  public static final class LongShiftOp extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final LongShift loop;

    public LongShiftOp(int d, int a, int b, LongShift loop) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.loop = loop;
    }

    @Override
    public void exec(Warp w, int mask) {
      long[] out = w.longTarget(d, mask);
      loop.run(out, w.l(a), w.i(b, 1));
      w.commit(d, mask, out);
    }
  }

  public static final class WideOp extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int c;
    private final Wide loop;

    /// @param c index in the long file, or -1
    public WideOp(int d, int a, int b, int c, Wide loop) {
      this.d = d;
      this.a = a;
      this.b = b;
      this.c = c;
      this.loop = loop;
    }

    @Override
    public void exec(Warp w, int mask) {
      long[] out = w.longTarget(d, mask);
      loop.run(out, w.i(a, 0), w.i(b, 1), c < 0 ? out : w.l(c));
      w.commit(d, mask, out);
    }
  }

  public static final class NarrowOp extends Op {
    private final int d;
    private final int a;
    private final Narrow loop;

    public NarrowOp(int d, int a, Narrow loop) {
      this.d = d;
      this.a = a;
      this.loop = loop;
    }

    @Override
    public void exec(Warp w, int mask) {
      int[] out = w.intTarget(d, mask);
      loop.run(out, w.l(a));
      w.commit(d, mask, out);
    }
  }

  public static final class IntToFloatOp extends Op {
    private final int d;
    private final int a;
    private final IntToFloat loop;

    public IntToFloatOp(int d, int a, IntToFloat loop) {
      this.d = d;
      this.a = a;
      this.loop = loop;
    }

    @Override
    public void exec(Warp w, int mask) {
      float[] out = w.floatTarget(d, mask);
      loop.run(out, w.i(a, 0));
      w.commit(d, mask, out);
    }
  }
}
