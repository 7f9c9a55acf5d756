package dev.hindsight.model.transformer;

import java.util.Map;
import java.util.Objects;

/// The pixel transformer for one image, straight from its formulas, in double.
final class PlainTransformer {
  private final Map<String, double[]> weights;
  private final int width;
  private final int layers;
  private final int heads;

  PlainTransformer(Map<String, double[]> weights, int width, int layers, int heads) {
    this.weights = weights;
    this.width = width;
    this.layers = layers;
    this.heads = heads;
  }

  private double[] of(String name) {
    return Objects.requireNonNull(weights.get(name), name);
  }

  double[] logits(float[] pixels) {
    int length = pixels.length;
    double[][] x = new double[length][width];
    for (int t = 0; t < length; t++) {
      for (int c = 0; c < width; c++) {
        x[t][c] = of("pos")[t * width + c];
        x[t][c] += t == 0 ? 0 : of("embed.weight")[Math.round(pixels[t - 1]) * width + c];
      }
    }
    for (int l = 0; l < layers; l++) {
      String block = "blocks." + l + ".";
      double[][] qkv = each(x, row -> linear(block + "qkv", norm(block + "ln1", row)));
      for (int t = 0; t < length; t++) {
        add(x[t], linear(block + "proj", attention(qkv, t)));
      }
      for (double[] row : x) {
        double[] hidden = linear(block + "mlp.0", norm(block + "ln2", row));
        for (int k = 0; k < hidden.length; k++) {
          hidden[k] *= normalCdf(hidden[k]);
        }
        add(row, linear(block + "mlp.2", hidden));
      }
    }
    double[] logits = new double[length];
    for (int t = 0; t < length; t++) {
      logits[t] = linear("head", norm("ln", x[t]))[0];
    }
    return logits;
  }

  private interface OfRow {
    double[] apply(double[] row);
  }

  private static double[][] each(double[][] x, OfRow f) {
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      y[t] = f.apply(x[t]);
    }
    return y;
  }

  private static void add(double[] to, double[] what) {
    for (int c = 0; c < to.length; c++) {
      to[c] += what[c];
    }
  }

  private double[] linear(String name, double[] x) {
    double[] w = of(name + ".weight");
    double[] y = of(name + ".bias").clone();
    for (int o = 0; o < y.length; o++) {
      for (int i = 0; i < x.length; i++) {
        y[o] += x[i] * w[o * x.length + i];
      }
    }
    return y;
  }

  private double[] norm(String name, double[] x) {
    double mean = 0;
    for (double v : x) {
      mean += v / x.length;
    }
    double variance = 0;
    for (double v : x) {
      variance += (v - mean) * (v - mean) / x.length;
    }
    double[] y = new double[x.length];
    for (int c = 0; c < x.length; c++) {
      double normal = (x[c] - mean) / Math.sqrt(variance + 1e-5f);
      y[c] = normal * of(name + ".weight")[c] + of(name + ".bias")[c];
    }
    return y;
  }

  private double[] attention(double[][] qkv, int t) {
    int head = width / heads;
    double[] y = new double[width];
    for (int h = 0; h < heads; h++) {
      double[] e = new double[t + 1];
      double sum = 0;
      for (int j = 0; j <= t; j++) {
        double score = 0;
        for (int d = h * head; d < (h + 1) * head; d++) {
          score += qkv[t][d] * qkv[j][width + d];
        }
        e[j] = Math.exp(score / Math.sqrt(head));
        sum += e[j];
      }
      for (int j = 0; j <= t; j++) {
        for (int d = h * head; d < (h + 1) * head; d++) {
          y[d] += e[j] / sum * qkv[j][2 * width + d];
        }
      }
    }
    return y;
  }

  /// Φ(x) by a series for erf (Abramowitz & Stegun 7.1.6), exact enough for small x.
  private static double normalCdf(double x) {
    double z = x / Math.sqrt(2);
    double term = z;
    double sum = z;
    for (int n = 1; n < 200; n++) {
      term *= 2 * z * z / (2 * n + 1);
      sum += term;
    }
    return 0.5 + sum * Math.exp(-z * z) / Math.sqrt(Math.PI);
  }
}
