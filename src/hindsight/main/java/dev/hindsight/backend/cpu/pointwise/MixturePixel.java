package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cpu.machine.Native;

/// A pixel of a mixture of logistics, of which some channels are known. Places and rates are those
/// of `MixtureBlock`.
///
/// @param temperature by which scales are multiplied and logits divided
/// @param outputs where its own begin, in fp32
/// @param levels of its channels, in fp32
record MixturePixel(Mixture mixture, float temperature, long outputs, long levels) {
  /// Whether the first channels have levels.
  boolean isKnown(int channels) {
    for (int c = 0; c < channels; c++) {
      if (!mixture.isLevel(Native.get(levels, c))) {
        return false;
      }
    }
    return true;
  }

  /// A component's logit and what the channels before this one say of it.
  double logWeight(int k, int channel) {
    double weight = output(k) / temperature;
    for (int c = 0; c < channel; c++) {
      double n = number(c);
      weight += logMass(n, n + place(k, c), rate(k, c), mixture.top());
    }
    return weight;
  }

  /// -μ, in half bins.
  double place(int k, int channel) {
    double place = -(double) mixture.top() * output(mixture.mean(channel) + k);
    for (int before = 0; before < channel; before++) {
      place -= Math.tanh(output(mixture.coefficient(channel, before) + k)) * number(before);
    }
    return place;
  }

  double rate(int k, int channel) {
    return Math.exp(-logScale(k, channel)) / (mixture.top() * temperature);
  }

  float logScale(int k, int channel) {
    return Math.max(output(mixture.logScale(channel) + k), Mixture.LEAST_LOG_SCALE);
  }

  /// log P of number n at the place z: log(1 - e^-d) - softplus(-a) - softplus(b), see
  /// `MixtureLoops`.
  private static double logMass(double n, double z, double rate, float top) {
    double mass = Math.abs(n) < top ? Math.log(-Math.expm1(-2 * rate)) : 0;
    mass -= n == top ? 0 : softplus(-(z + 1) * rate);
    return mass - (n == -top ? 0 : softplus((z - 1) * rate));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private double number(int channel) {
    return 2.0 * Native.get(levels, channel) - mixture.top();
  }

  private float output(int index) {
    return Native.get(outputs, index);
  }
}
