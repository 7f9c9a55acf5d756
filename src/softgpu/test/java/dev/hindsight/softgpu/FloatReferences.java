package dev.hindsight.softgpu;

import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// What the kernels of [CorpusFloatsTest] are to compute, with doubles.
final class FloatReferences {
  /// 40 rows of 0 to 70 entries in 50 columns: offsets and columns.
  static final int[] SPARSE = sparse();

  private FloatReferences() {}

  static float[] numbers(int count) {
    Random random = new Random(count);
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = 2 * random.nextFloat() - 1;
    }
    return x;
  }

  static double[] each(int count, IntToDoubleFunction value) {
    return IntStream.range(0, count).mapToDouble(value).toArray();
  }

  static double sum(int count, IntToDoubleFunction value) {
    return IntStream.range(0, count).mapToDouble(value).sum();
  }

  /// Of an image of n by n, 0 around it.
  static double at(float[] x, int n, int i, int j) {
    return i < 0 || j < 0 || i >= n || j >= n ? 0 : x[i * n + j];
  }

  static double[] laplace3(float[] x, int n) {
    return each(
        n * n * n,
        i -> {
          double sum = -6.0 * x[i];
          int[] place = {i / (n * n), i / n % n, i % n};
          int[] step = {n * n, n, 1};
          for (int d = 0; d < 3; d++) {
            sum += place[d] > 0 ? x[i - step[d]] : 0;
            sum += place[d] < n - 1 ? x[i + step[d]] : 0;
          }
          return sum;
        });
  }

  static double[] jacobi(float[] x, int steps) {
    double[] a = each(x.length, i -> x[i]);
    double[] b = a.clone();
    for (int step = 0; step < steps; step++) {
      double[] from = a;
      b =
          each(
              x.length,
              i -> i == 0 || i == x.length - 1 ? from[i] : (from[i - 1] + from[i + 1]) / 2);
      a = b;
      b = from;
    }
    return DoubleStream.concat(Arrays.stream(b), Arrays.stream(a)).toArray();
  }

  static double force(float[] x, int i, int d) {
    double sum = 0;
    for (int j = 0; j < x.length / 4; j++) {
      double far = 0.01;
      for (int e = 0; e < 3; e++) {
        far += Math.pow(x[4 * j + e] - x[4 * i + e], 2);
      }
      sum += x[4 * j + 3] * (x[4 * j + d] - x[4 * i + d]) / Math.pow(far, 1.5);
    }
    return sum;
  }

  /// The normal distribution, by its series.
  static double normal(double x) {
    double term = x;
    double sum = x;
    for (int i = 1; i < 60; i++) {
      term *= -x * x * (2 * i - 1) / (2.0 * i * (2 * i + 1));
      sum += term;
    }
    return 0.5 + sum / Math.sqrt(2 * Math.PI);
  }

  static double call(float x) {
    double s = 50 + 20.0 * x;
    double root = 0.3 * Math.sqrt(0.75);
    double d = (Math.log(s / 50) + (0.03 + 0.045) * 0.75) / root;
    return s * normal(d) - 50 * Math.exp(-0.0225) * normal(d - root);
  }

  static double[] rows(float[] x, int n, Function<double[], double[]> row) {
    return IntStream.range(0, x.length / n)
        .mapToObj(r -> row.apply(each(n, i -> x[r * n + i])))
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }

  static double[] softmax(double[] x) {
    double sum = Arrays.stream(x).map(Math::exp).sum();
    return Arrays.stream(x).map(v -> Math.exp(v) / sum).toArray();
  }

  static double[] layerNorm(double[] x) {
    double mean = Arrays.stream(x).average().orElseThrow();
    double var = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    return Arrays.stream(x).map(v -> (v - mean) / Math.sqrt(var + 1e-5)).toArray();
  }

  static double[] rmsNorm(double[] x) {
    double squares = Arrays.stream(x).map(v -> v * v).average().orElseThrow();
    return Arrays.stream(x).map(v -> v / Math.sqrt(squares + 1e-5)).toArray();
  }

  static double attention(float[] x, int i, int d) {
    double[] score =
        each(i + 1, j -> sum(8, e -> x[24 * i + e] * x[24 * j + 8 + e]) * Math.sqrt(0.125));
    double[] p = softmax(score);
    return sum(i + 1, j -> p[j] * x[24 * j + 16 + d]);
  }

  static double rotary(float[] x, int i) {
    double angle = Math.floorDiv(i, 8) * Math.pow(100, -(i / 2 % 4) / 4.0);
    double other = i % 2 == 0 ? -x[i + 1] : x[i - 1];
    return x[i] * Math.cos(angle) + other * Math.sin(angle);
  }

  static double adam(double x) {
    double m = 0;
    double v = 0;
    double w = 1;
    for (int t = 1; t <= 2; t++) {
      m = 0.9 * m + 0.1 * x;
      v = 0.999 * v + 0.001 * x * x;
      w -= 0.01 * m / (1 - Math.pow(0.9, t)) / (Math.sqrt(v / (1 - Math.pow(0.999, t))) + 1e-8);
    }
    return w;
  }

  static int[] sparse() {
    Random random = new Random(4);
    int[] counts = IntStream.range(0, 40).map(i -> i % 9 == 0 ? 70 : random.nextInt(4)).toArray();
    int all = Arrays.stream(counts).sum();
    int[] k = random.ints(41 + all, 0, 50).toArray();
    k[0] = 0;
    for (int i = 0; i < 40; i++) {
      k[i + 1] = k[i] + counts[i];
    }
    return k;
  }

  static double row(float[] x, int i) {
    int[] k = SPARSE;
    return IntStream.range(k[i], k[i + 1]).mapToDouble(e -> x[e] * x[k[40] + k[41 + e]]).sum();
  }

  static double column(float[] x, int j) {
    int[] k = SPARSE;
    return sum(
        40,
        i ->
            IntStream.range(k[i], k[i + 1])
                .filter(e -> k[41 + e] == j)
                .mapToDouble(e -> x[e] * x[k[40] + i])
                .sum());
  }

  static double sobel(float[] x, int n, int i, int j) {
    if (i == 0 || j == 0 || i == n - 1 || j == n - 1) {
      return 0;
    }
    double[] g = new double[2];
    for (int d = -1; d <= 1; d++) {
      int weight = d == 0 ? 2 : 1;
      g[0] += weight * (at(x, n, i + d, j + 1) - at(x, n, i + d, j - 1));
      g[1] += weight * (at(x, n, i + 1, j + d) - at(x, n, i - 1, j + d));
    }
    return Math.hypot(g[0], g[1]);
  }

  static double enlarged(float[] x, int n, int i, int j) {
    double a = Math.clamp((i + 0.5) / 2 - 0.5, 0, n - 1.0);
    double b = Math.clamp((j + 0.5) / 2 - 0.5, 0, n - 1.0);
    double sum = 0;
    for (int k = 0; k < n * n; k++) {
      sum +=
          x[k]
              * Math.max(0, 1 - Math.abs(a - Math.floorDiv(k, n)))
              * Math.max(0, 1 - Math.abs(b - k % n));
    }
    return sum;
  }

  static double fourier(float[] x, int i) {
    return sum(
        64,
        t -> {
          double angle = -2 * Math.PI * t * Math.floorDiv(i, 2) / 64;
          return i % 2 == 0
              ? x[2 * t] * Math.cos(angle) - x[2 * t + 1] * Math.sin(angle)
              : x[2 * t] * Math.sin(angle) + x[2 * t + 1] * Math.cos(angle);
        });
  }

  static double cosine(float[] x, int at) {
    return sum(
        64,
        d ->
            x[at / 64 * 64 + d]
                * Math.cos((2 * (d / 8) + 1) * (at / 8 % 8) * Math.PI / 16)
                * Math.cos((2 * (d % 8) + 1) * (at % 8) * Math.PI / 16));
  }

  /// By elimination.
  static double[] tridiagonal(float[] x) {
    int n = x.length;
    double[] b = each(n, i -> 4 + x[i]);
    double[] d = each(n, _ -> 1);
    for (int i = 1; i < n; i++) {
      b[i] -= 1 / b[i - 1];
      d[i] += d[i - 1] / b[i - 1];
    }
    d[n - 1] /= b[n - 1];
    for (int i = n - 2; i >= 0; i--) {
      d[i] = (d[i] + d[i + 1]) / b[i];
    }
    return d;
  }

  /// Symmetric, with much on the diagonal.
  static float[] definite(int n) {
    float[] x = numbers(n * n);
    for (int i = 0; i < n * n; i++) {
      x[i] = i / n == i % n ? n : x[Math.max(i / n, i % n) * n + Math.min(i / n, i % n)];
    }
    return x;
  }

  static double[] cholesky(float[] x, int n) {
    double[] l = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        int r = i;
        int c = j;
        double left = x[i * n + j] - sum(j, e -> l[r * n + e] * l[c * n + e]);
        l[i * n + j] = i == j ? Math.sqrt(left) : left / l[j * n + j];
      }
    }
    return l;
  }

  static double[] nearest(float[] x, int n) {
    double[] y = new double[16];
    for (int i = 0; i < n; i++) {
      int from = 3 * i;
      int best =
          IntStream.range(0, 4)
              .boxed()
              .min(
                  (a, b) ->
                      Double.compare(
                          sum(3, d -> Math.pow(x[from + d] - x[3 * (n + a) + d], 2)),
                          sum(3, d -> Math.pow(x[from + d] - x[3 * (n + b) + d], 2))))
              .orElseThrow();
      for (int d = 0; d < 3; d++) {
        y[4 * best + d] += x[from + d];
      }
      y[4 * best + 3]++;
    }
    return y;
  }

  static double fractions(float x) {
    double f = 1;
    for (int i = 8; i > 0; i--) {
      f = 1 + i * x * x / f;
    }
    return Math.sqrt(Math.abs(x) + 1) + f;
  }

  static double gelu(double v) {
    return 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
  }
}
