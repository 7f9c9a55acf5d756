package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.exec.Fragment.Element;
import dev.hindsight.softgpu.ptx.Type;
import java.util.function.IntBinaryOperator;

/// `mma.sync` and `wmma.mma`: D = A·B + C. Products of floats are exact, sums are kept in double
/// and rounded once; hardware leaves its order and rounding open. Integers wrap or are clamped in
/// the end.
public final class Matrix extends Collective {
  /// How integers are multiplied and what becomes of a sum that leaves 32 bits.
  public record Integers(IntBinaryOperator product, boolean saturate) {}

  private final int m;
  private final int n;
  private final int k;
  private final Fragment d;
  private final Fragment a;
  private final Fragment b;
  private final Fragment c;
  private final Integers integers;

  public Matrix(Fragment d, Fragment a, Fragment b, Fragment c, Integers integers) {
    this.m = d.rows();
    this.n = d.columns();
    this.k = a.columns();
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
    this.integers = integers;
    this.flops = a.element().isInteger() ? 0 : 2 * m * n * k / Warp.LANES;
  }

  @Override
  protected void gather(Warp w, int mask, Exchange x) {
    a.gather(w, mask, x.in, 0);
    b.gather(w, mask, x.in, a.words());
    c.gather(w, mask, x.in, a.words() + b.words());
  }

  @Override
  protected void compute(Warp w, int mask, Exchange x) {
    int ofB = a.words();
    int ofC = ofB + b.words();
    long[] result = new long[m * n];
    if (a.element() == Element.F64) {
      double[] sum = c.doubles(x.in, ofC);
      multiply(a.doubles(x.in, 0), b.doubles(x.in, ofB), sum);
      for (int i = 0; i < sum.length; i++) {
        result[i] = Double.doubleToRawLongBits(sum[i]);
      }
    } else if (a.element().isInteger()) {
      long[] sum = new long[m * n];
      int[] start = c.integers(x.in, ofC);
      multiply(a.integers(x.in, 0), b.integers(x.in, ofB), sum);
      for (int i = 0; i < sum.length; i++) {
        long exact = sum[i] + start[i];
        boolean clamp = integers.saturate && exact != (int) exact;
        result[i] = clamp ? exact < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE : exact;
      }
    } else {
      double[] sum = new double[m * n];
      float[] start = c.floats(x.in, ofC);
      for (int i = 0; i < sum.length; i++) {
        sum[i] = start[i];
      }
      multiply(a.floats(x.in, 0), b.floats(x.in, ofB), sum);
      for (int i = 0; i < sum.length; i++) {
        result[i] =
            d.element() == Element.F32
                ? Float.floatToRawIntBits(Rounding.canonical((float) sum[i]))
                : Halves.fromDouble(sum[i], 0, Type.F16, Rounding.Mode.NEAREST);
      }
    }
    d.put(result, x.out);
  }

  private void multiply(float[] left, float[] right, double[] sum) {
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < k; j++) {
        double value = left[i * k + j];
        for (int e = 0; e < n; e++) {
          sum[i * n + e] += value * right[j * n + e];
        }
      }
    }
  }

  private void multiply(double[] left, double[] right, double[] sum) {
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < k; j++) {
        double value = left[i * k + j];
        for (int e = 0; e < n; e++) {
          sum[i * n + e] = Math.fma(value, right[j * n + e], sum[i * n + e]);
        }
      }
    }
  }

  private void multiply(int[] left, int[] right, long[] sum) {
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < k; j++) {
        int value = left[i * k + j];
        for (int e = 0; e < n; e++) {
          sum[i * n + e] += integers.product.applyAsInt(value, right[j * n + e]);
        }
      }
    }
  }

  @Override
  protected void scatter(Warp w, int mask, Exchange x) {
    d.scatter(w, mask, x.out);
  }
}
