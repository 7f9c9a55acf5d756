package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Mixture;
import java.util.Arrays;

/// A pixel of a mixture of logistics, as [dev.hindsight.backend.LogisticMixture] says it.
///
/// @param outputs of all pixels
/// @param levels of all values
/// @param pixel which one it is
/// @param temperature by which scales are multiplied and logits divided
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Nd4jMixturePixel(
    Mixture mixture, double[] outputs, double[] levels, int pixel, double temperature) {
  /// The logistic distribution of a channel, for one component, and the place of a level in it.
  ///
  /// @param scale s
  /// @param a (x + h - μ) / s
  /// @param b (x - h - μ) / s
  /// @param least whether the level is the lowest
  /// @param most whether it is the highest
  private record Bin(double scale, double a, double b, boolean least, boolean most) {
    double logMass() {
      if (least) {
        return -softplus(-a);
      }
      return most ? -softplus(b) : Math.log(-Math.expm1(b - a)) - softplus(-a) - softplus(b);
    }

    double above() {
      return most ? 0 : sigmoid(-a);
    }

    double below() {
      return least ? 0 : sigmoid(b);
    }

    double slopeOfMean() {
      return -(above() - below()) / scale;
    }

    double slopeOfLogScale() {
      double width = least || most ? 0 : (a - b) / Math.expm1(a - b);
      return -width - a * above() + b * below();
    }
  }

  double nll() {
    double[] joint = logits();
    for (int k = 0; k < joint.length; k++) {
      joint[k] += logMass(k, mixture.channels());
    }
    return isKnown(mixture.channels()) ? logSum(logits()) - logSum(joint) : Double.NaN;
  }

  /// The joint probability of a channel's level and the channels before it, but for a factor.
  double levelLogit(double level, int channel) {
    double[] joint = logits();
    for (int k = 0; k < joint.length; k++) {
      joint[k] += logMass(k, channel) + bin(k, channel, level).logMass();
    }
    return isKnown(channel) ? logSum(joint) : Double.NaN;
  }

  /// P(channel <= level | the channels before it).
  double upTo(double level, int channel) {
    double[] weights = logits();
    for (int k = 0; k < weights.length; k++) {
      weights[k] += logMass(k, channel);
    }
    double all = logSum(weights);
    double sum = 0;
    for (int k = 0; k < weights.length; k++) {
      sum += Math.exp(weights[k] - all) * sigmoid(bin(k, channel, level).a);
    }
    return sum;
  }

  /// sums += those of scale·nll
  void addGradients(double scale, double[] sums) {
    if (!isKnown(mixture.channels())) {
      Arrays.fill(sums, place(0), place(mixture.outputs()), Double.NaN);
      return;
    }
    double[] prior = logits();
    double[] joint = logits();
    for (int k = 0; k < joint.length; k++) {
      joint[k] += logMass(k, mixture.channels());
    }
    double ofPrior = logSum(prior);
    double ofJoint = logSum(joint);
    for (int k = 0; k < joint.length; k++) {
      double posterior = Math.exp(joint[k] - ofJoint);
      sums[place(k)] += scale * (Math.exp(prior[k] - ofPrior) - posterior);
      for (int c = 0; c < mixture.channels(); c++) {
        addGradients(k, c, -scale * posterior, sums);
      }
    }
  }

  private void addGradients(int k, int c, double factor, double[] sums) {
    Bin bin = bin(k, c, level(c));
    sums[place(mixture.mean(c) + k)] += factor * bin.slopeOfMean();
    if (output(mixture.logScale(c) + k) >= Mixture.LEAST_LOG_SCALE) {
      sums[place(mixture.logScale(c) + k)] += factor * bin.slopeOfLogScale();
    }
    for (int before = 0; before < c; before++) {
      double tanh = Math.tanh(output(mixture.coefficient(c, before) + k));
      double slope = bin.slopeOfMean() * mixture.number(level(before)) * (1 - tanh * tanh);
      sums[place(mixture.coefficient(c, before) + k)] += factor * slope;
    }
  }

  /// Of the first channels, for a component.
  private double logMass(int k, int channels) {
    double sum = 0;
    for (int c = 0; c < channels; c++) {
      sum += bin(k, c, level(c)).logMass();
    }
    return sum;
  }

  private Bin bin(int k, int c, double level) {
    double mean = output(mixture.mean(c) + k);
    for (int before = 0; before < c; before++) {
      double tanh = Math.tanh(output(mixture.coefficient(c, before) + k));
      mean += tanh * mixture.number(level(before));
    }
    double log = Math.max(output(mixture.logScale(c) + k), Mixture.LEAST_LOG_SCALE);
    double scale = Math.exp(log) * temperature;
    double distance = mixture.number(level) - mean;
    double a = (distance + mixture.halfBin()) / scale;
    double b = (distance - mixture.halfBin()) / scale;
    return new Bin(scale, a, b, level == 0, level == mixture.top());
  }

  private double[] logits() {
    double[] logits = Arrays.copyOfRange(outputs, place(0), place(mixture.components()));
    Arrays.setAll(logits, k -> logits[k] / temperature);
    return logits;
  }

  private double output(int index) {
    return outputs[place(index)];
  }

  private int place(int index) {
    return pixel * mixture.outputs() + index;
  }

  private double level(int channel) {
    return levels[pixel * mixture.channels() + channel];
  }

  /// Whether the targets of the first channels are levels.
  private boolean isKnown(int channels) {
    for (int c = 0; c < channels; c++) {
      double level = level(c);
      if (!(level >= 0 && level <= mixture.top() && level == Math.rint(level))) {
        return false;
      }
    }
    return true;
  }

  private static double logSum(double[] values) {
    double most = Arrays.stream(values).max().orElseThrow();
    return most + Math.log(Arrays.stream(values).map(v -> Math.exp(v - most)).sum());
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
