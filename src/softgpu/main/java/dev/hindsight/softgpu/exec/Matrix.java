package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.exec.Fragment.Element;
import dev.hindsight.softgpu.ptx.Type;
import java.util.Arrays;
import java.util.function.IntBinaryOperator;
import org.jspecify.annotations.Nullable;

/// `mma.sync` and `wmma.mma`: D = A·B + C. Products of floats are exact, sums are kept in double
/// and rounded once; hardware leaves its order and rounding open. Integers wrap or are clamped in
/// the end. Where the second matrix has more rows than the first one columns, and that is not
/// sparse, they are several matrices one below the other.
public final class Matrix extends Collective {
  /// How integers are multiplied and what becomes of a sum that leaves 32 bits.
  public record Integers(IntBinaryOperator product, boolean saturate) {}

  /// Of a product.
  record Extents(int m, int n, int k) {}

  private final Extents extents;
  private final Fragment d;
  private final Fragment a;
  private final Fragment b;
  private final Fragment c;
  private final Integers integers;
  private final @Nullable Sparsity sparsity;
  private final int parts;

  public Matrix(Fragment d, Fragment a, Fragment b, Fragment c, Integers integers) {
    this(d, a, b, c, integers, null);
  }

  /// @param sparsity of the first matrix
  public Matrix(
      Fragment d,
      Fragment a,
      Fragment b,
      Fragment c,
      Integers integers,
      @Nullable Sparsity sparsity) {
    this.sparsity = sparsity;
    this.parts = sparsity == null ? b.rows() / a.columns() : 1;
    this.extents = new Extents(d.rows() / parts, d.columns(), b.rows() / parts);
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
    this.integers = integers;
    this.flops = a.element().isInteger() ? 0 : 2 * d.rows() * d.columns() * extents.k / Warp.LANES;
  }

  @Override
  protected void gather(Warp w, int mask, LaneValues x) {
    a.gather(w, mask, x.in, 0);
    b.gather(w, mask, x.in, a.words());
    c.gather(w, mask, x.in, a.words() + b.words());
    if (sparsity != null) {
      sparsity.metadata().gather(w, mask, x.in[a.words() + b.words() + c.words()]);
    }
  }

  @Override
  protected void compute(Warp w, int mask, LaneValues x) {
    int ofB = a.words();
    int ofC = ofB + b.words();
    long[] result;
    if (a.element() == Element.F64) {
      double[] sum = c.doubles(x.in, ofC);
      multiply(a.doubles(x.in, 0), b.doubles(x.in, ofB), sum, extents);
      result = new long[sum.length];
      for (int i = 0; i < sum.length; i++) {
        result[i] = Double.doubleToRawLongBits(sum[i]);
      }
    } else if (a.element().isInteger()) {
      int[] start = c.integers(x.in, ofC);
      int[] left = a.integers(x.in, 0);
      left = sparsity == null ? left : sparsity.whole(left, x.in[ofC + c.words()]);
      result = integers(left, b.integers(x.in, ofB), start, extents, integers);
    } else {
      float[] start = c.floats(x.in, ofC);
      float[] left = a.floats(x.in, 0);
      left = sparsity == null ? left : sparsity.whole(left, x.in[ofC + c.words()]);
      float[] right = b.floats(x.in, ofB);
      result =
          parts == 1 ? floats(left, right, start, extents, d.element()) : each(left, right, start);
    }
    d.put(result, x.out);
  }

  /// One part after the other.
  private long[] each(float[] left, float[] right, float[] start) {
    long[] all = new long[start.length];
    for (int p = 0; p < parts; p++) {
      long[] one = floats(part(left, p), part(right, p), part(start, p), extents, d.element());
      System.arraycopy(one, 0, all, p * one.length, one.length);
    }
    return all;
  }

  private float[] part(float[] of, int p) {
    int each = of.length / parts;
    return Arrays.copyOfRange(of, p * each, (p + 1) * each);
  }

  /// The bits of sums of products of integers.
  static long[] integers(int[] a, int[] b, int[] start, Extents of, Integers how) {
    long[] sum = new long[of.m * of.n];
    multiply(a, b, sum, of, how.product);
    for (int i = 0; i < sum.length; i++) {
      long exact = sum[i] + start[i];
      boolean clamp = how.saturate && exact != (int) exact;
      sum[i] = clamp ? exact < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE : exact;
    }
    return sum;
  }

  /// The bits of sums of products of floats.
  static long[] floats(float[] a, float[] b, float[] start, Extents of, Element d) {
    double[] sum = new double[of.m * of.n];
    long[] result = new long[sum.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = start[i];
    }
    multiply(a, b, sum, of);
    for (int i = 0; i < sum.length; i++) {
      result[i] =
          d == Element.F32
              ? Float.floatToRawIntBits(Rounding.canonical((float) sum[i]))
              : Halves.fromDouble(sum[i], 0, Type.F16, Rounding.Mode.NEAREST);
    }
    return result;
  }

  private static void multiply(float[] left, float[] right, double[] sum, Extents of) {
    int n = of.n;
    int k = of.k;
    for (int i = 0; i < of.m; i++) {
      for (int j = 0; j < k; j++) {
        double value = left[i * k + j];
        for (int e = 0; e < n; e++) {
          sum[i * n + e] += value * right[j * n + e];
        }
      }
    }
  }

  private static void multiply(double[] left, double[] right, double[] sum, Extents of) {
    int n = of.n;
    int k = of.k;
    for (int i = 0; i < of.m; i++) {
      for (int j = 0; j < k; j++) {
        double value = left[i * k + j];
        for (int e = 0; e < n; e++) {
          sum[i * n + e] = Math.fma(value, right[j * n + e], sum[i * n + e]);
        }
      }
    }
  }

  private static void multiply(
      int[] left, int[] right, long[] sum, Extents of, IntBinaryOperator product) {
    int n = of.n;
    int k = of.k;
    for (int i = 0; i < of.m; i++) {
      for (int j = 0; j < k; j++) {
        int value = left[i * k + j];
        for (int e = 0; e < n; e++) {
          sum[i * n + e] += product.applyAsInt(value, right[j * n + e]);
        }
      }
    }
  }

  @Override
  protected void scatter(Warp w, int mask, LaneValues x) {
    d.scatter(w, mask, x.out);
  }
}
