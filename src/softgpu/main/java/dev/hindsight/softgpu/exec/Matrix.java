package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.ptx.Type;

/// `mma.sync` m16n8: D = A·B + C with the fragment layouts of the PTX ISA. Products are exact, sums
/// are kept in double and rounded once; hardware leaves its order and rounding open.
public final class Matrix extends Collective {
  private static final int M = 16;
  private static final int N = 8;

  private final int k;
  private final Type type;
  private final boolean floatResult;
  private final Ref[] d;
  private final Ref[] a;
  private final Ref[] b;
  private final Ref[] c;

  public Matrix(int k, Type type, boolean floatResult, Ref[] d, Ref[] a, Ref[] b, Ref[] c) {
    this.k = k;
    this.type = type;
    this.floatResult = floatResult;
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
    this.flops = 2 * M * N * k / Warp.LANES;
  }

  @Override
  protected void gather(Warp w, int mask, Exchange x) {
    gather(w, mask, x, 0, a);
    gather(w, mask, x, a.length, b);
    gather(w, mask, x, a.length + b.length, c);
  }

  private static void gather(Warp w, int mask, Exchange x, int first, Ref[] fragment) {
    for (int r = 0; r < fragment.length; r++) {
      fragment[r].gather(w, mask, x.in[first + r]);
    }
  }

  @Override
  protected void compute(Warp w, int mask, Exchange x) {
    float[] left = new float[M * k];
    float[] right = new float[k * N];
    double[] sum = new double[M * N];
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int g = lane >> 2;
      int t = lane & 3;
      for (int r = 0; r < a.length; r++) {
        int row = g + 8 * (r & 1);
        put(left, row * k, 1, column(t, r >> 1), x.in[r][lane]);
      }
      for (int r = 0; r < b.length; r++) {
        put(right, g, N, column(t, r), x.in[a.length + r][lane]);
      }
      for (int e = 0; e < 4; e++) {
        sum[(g + 8 * (e >> 1)) * N + 2 * t + (e & 1)] = accumulator(x, lane, e);
      }
    }
    multiply(left, right, sum);
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int g = lane >> 2;
      int t = lane & 3;
      for (int e = 0; e < 4; e += floatResult ? 1 : 2) {
        int at = (g + 8 * (e >> 1)) * N + 2 * t + (e & 1);
        x.out[floatResult ? e : e / 2][lane] =
            floatResult
                ? Float.floatToRawIntBits(Rounding.canonical((float) sum[at]))
                : half(sum[at]) | half(sum[at + 1]) << 16;
      }
    }
  }

  private void multiply(float[] left, float[] right, double[] sum) {
    for (int i = 0; i < M; i++) {
      for (int j = 0; j < k; j++) {
        double value = left[i * k + j];
        for (int n = 0; n < N; n++) {
          sum[i * N + n] += value * right[j * N + n];
        }
      }
    }
  }

  /// First column of A, or row of B, that word `r` of a thread holds.
  private int column(int t, int r) {
    return type == Type.TF32 ? t + 4 * r : 2 * t + 8 * r;
  }

  private void put(float[] to, int base, int step, int at, int bits) {
    if (type == Type.TF32) {
      to[base + step * at] = Float.intBitsToFloat(bits & 0xffffe000);
    } else {
      to[base + step * at] = Halves.toFloat(bits & 0xffff, type);
      to[base + step * (at + 1)] = Halves.toFloat(bits >>> 16, type);
    }
  }

  private double accumulator(Exchange x, int lane, int e) {
    int first = a.length + b.length;
    if (c.length == 4) {
      return Float.intBitsToFloat(x.in[first + e][lane]);
    }
    return Halves.toFloat(x.in[first + e / 2][lane] >>> (16 * (e & 1)) & 0xffff, Type.F16);
  }

  private static int half(double value) {
    return Halves.fromDouble(value, 0, Type.F16, Rounding.Mode.NEAREST);
  }

  @Override
  protected void scatter(Warp w, int mask, Exchange x) {
    for (int r = 0; r < d.length; r++) {
      d[r].scatter(w, mask, x.out[r]);
    }
  }
}
