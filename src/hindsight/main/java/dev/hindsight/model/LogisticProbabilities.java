package dev.hindsight.model;

import dev.hindsight.backend.Mixture;
import java.util.Arrays;

/// How likely each level of a channel is, of one pixel's mixture of logistics: `LogisticMixture` in
/// double, for people who look at a model.
final class LogisticProbabilities {
  private final Mixture mixture;
  private final float[] outputs;

  LogisticProbabilities(Mixture mixture, float[] outputs) {
    this.mixture = mixture;
    this.outputs = outputs;
  }

  /// Of the channel that comes next.
  ///
  /// @param before the levels of the channels before it
  double[] of(int[] before) {
    int components = mixture.components();
    double[] weights = new double[components];
    double top = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < components; k++) {
      weights[k] = outputs[k];
      for (int c = 0; c < before.length; c++) {
        weights[k] += Math.log(mass(k, c, before, before[c]));
      }
      top = Math.max(top, weights[k]);
    }
    double[] p = new double[mixture.levels()];
    for (int k = 0; k < components; k++) {
      double weight = Math.exp(weights[k] - top);
      for (int v = 0; v < p.length; v++) {
        p[v] += weight * mass(k, before.length, before, v);
      }
    }
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / sum).toArray();
  }

  /// Of a level of a channel, by one component.
  private double mass(int component, int channel, int[] before, int level) {
    double mean = outputs[mixture.mean(channel) + component];
    double logScale = outputs[mixture.logScale(channel) + component];
    double scale = Math.exp(Math.max(Mixture.LEAST_LOG_SCALE, logScale));
    for (int c = 0; c < channel; c++) {
      float coefficient = outputs[mixture.coefficient(channel, c) + component];
      mean += Math.tanh(coefficient) * mixture.number(before[c]);
    }
    double above = (mixture.number(level) + mixture.halfBin() - mean) / scale;
    double below = (mixture.number(level) - mixture.halfBin() - mean) / scale;
    if (level == 0) {
      return sigmoid(above);
    }
    return level == mixture.top() ? sigmoid(-below) : between(below, above);
  }

  /// σ(b) - σ(a), without cancellation: on the side where both are small.
  private static double between(double a, double b) {
    return a + b > 0 ? sigmoid(-a) - sigmoid(-b) : sigmoid(b) - sigmoid(a);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
