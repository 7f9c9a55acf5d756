package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;

/// The loops without the Vector API: one element at a time, functions in double.
final class ScalarLoops implements Loops {
  @Override
  public void activate(Activation f, long x, long y, long count) {
    for (long k = 0; k < count; k++) {
      Raw.put(Raw.at(y, k), (float) value(f, Raw.get(Raw.at(x, k))));
    }
  }

  @Override
  public void activateBackward(Activation f, long x, long y, long dy, long dx, long count) {
    for (long k = 0; k < count; k++) {
      double slope = slope(f, Raw.get(Raw.at(x, k)), Raw.get(Raw.at(y, k)));
      increase(Raw.at(dx, k), (float) (Raw.get(Raw.at(dy, k)) * slope));
    }
  }

  @Override
  public void activateRows(Activation f, long x, int rows, long count, long pitch) {
    for (int r = 0; r < rows; r++) {
      long row = Raw.at(x, r * pitch);
      activate(f, row, row, count);
    }
  }

  @Override
  public void scaleBySlope(Activation f, long known, long dy, long count) {
    for (long k = 0; k < count; k++) {
      double value = Raw.get(Raw.at(known, k));
      double slope = slope(f, value, value);
      Raw.put(Raw.at(dy, k), (float) (Raw.get(Raw.at(dy, k)) * slope));
    }
  }

  private static double value(Activation f, double x) {
    return switch (f) {
      case IDENTITY -> x;
      case RELU -> Math.max(x, 0);
      case TANH -> Math.tanh(x);
      case SIGMOID -> sigmoid(x);
      case GELU -> x * normalCdf(x);
    };
  }

  private static double slope(Activation f, double x, double y) {
    return switch (f) {
      case IDENTITY -> 1;
      case RELU -> y > 0 ? 1 : 0;
      case TANH -> 1 - y * y;
      case SIGMOID -> y * (1 - y);
      case GELU -> normalCdf(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    };
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /// Φ(x) by formula 7.1.26 of Abramowitz & Stegun for erf, whose error is at most 1.5e-7.
  private static double normalCdf(double x) {
    double z = Math.abs(x) / Math.sqrt(2);
    double t = 1 / (1 + 0.3275911 * z);
    double p =
        t
            * (0.254829592
                + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    double tail = p * Math.exp(-z * z) / 2;
    return x < 0 ? tail : 1 - tail;
  }

  @Override
  public void addBias(boolean relu, long b, long y, long count) {
    for (long k = 0; k < count; k++) {
      float sum = Raw.get(Raw.at(y, k)) + Raw.get(Raw.at(b, k));
      Raw.put(Raw.at(y, k), relu ? Math.max(sum, 0) : sum);
    }
  }

  @Override
  public void multiply(long a, long b, long y, long count) {
    for (long k = 0; k < count; k++) {
      Raw.put(Raw.at(y, k), Raw.get(Raw.at(a, k)) * Raw.get(Raw.at(b, k)));
    }
  }

  @Override
  public void gateSlopes(long t, long s, long dy, long count) {
    for (long k = 0; k < count; k++) {
      float tanh = Raw.get(Raw.at(t, k));
      float sigmoid = Raw.get(Raw.at(s, k));
      float g = Raw.get(Raw.at(dy, k)) * sigmoid;
      Raw.put(Raw.at(t, k), g * (1 - tanh * tanh));
      Raw.put(Raw.at(s, k), g * tanh * (1 - sigmoid));
    }
  }

  @Override
  public void add(long a, long b, long y, long count) {
    for (long k = 0; k < count; k++) {
      Raw.put(Raw.at(y, k), Raw.get(Raw.at(a, k)) + Raw.get(Raw.at(b, k)));
    }
  }

  @Override
  public void subtract(long a, long b, long y, long count) {
    for (long k = 0; k < count; k++) {
      Raw.put(Raw.at(y, k), Raw.get(Raw.at(a, k)) - Raw.get(Raw.at(b, k)));
    }
  }

  @Override
  public void addScaled(float factor, long x, long y, long count) {
    for (long k = 0; k < count; k++) {
      increase(Raw.at(y, k), factor * Raw.get(Raw.at(x, k)));
    }
  }

  @Override
  public void fill(float value, long x, long count) {
    for (long k = 0; k < count; k++) {
      Raw.put(Raw.at(x, k), value);
    }
  }

  @Override
  public float dot(long a, long b, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      sum += (double) Raw.get(Raw.at(a, k)) * Raw.get(Raw.at(b, k));
    }
    return (float) sum;
  }

  @Override
  public double sumOfSquares(long x, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      double value = Raw.get(Raw.at(x, k));
      sum += value * value;
    }
    return sum;
  }

  @Override
  public boolean allFinite(long x, long count) {
    for (long k = 0; k < count; k++) {
      if (!Float.isFinite(Raw.get(Raw.at(x, k)))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public float sigmoidCrossEntropy(long l, long t, long count) {
    double nll = 0;
    for (long k = 0; k < count; k++) {
      double logit = Raw.get(Raw.at(l, k));
      double softplus = Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
      nll += softplus - logit * Raw.get(Raw.at(t, k));
    }
    return (float) nll;
  }

  @Override
  public void sigmoidCrossEntropyBackward(long l, long t, long dl, float scale, long count) {
    for (long k = 0; k < count; k++) {
      double error = sigmoid(Raw.get(Raw.at(l, k))) - Raw.get(Raw.at(t, k));
      if (!(Math.abs(error) < SMALLEST_ERROR)) { // NaN passes
        increase(Raw.at(dl, k), (float) (scale * error));
      }
    }
  }

  @Override
  public void addErrors(float share, long e, float scale, long dl, long count) {
    for (long k = 0; k < count; k++) {
      double p = (double) share * Raw.get(Raw.at(e, k));
      if (!(p < SMALLEST_ERROR)) { // NaN passes
        increase(Raw.at(dl, k), (float) (scale * p));
      }
    }
  }

  @Override
  public void adam(long w, long dw, long m, long v, long count, float clip, AdamStep step) {
    float rate = step.correctedRate();
    float scale = step.correctedScale();
    float keep = step.keep();
    AdamRule rule = step.rule();
    for (long k = 0; k < count; k++) {
      float g = Raw.get(Raw.at(dw, k)) * clip;
      // Every rounding as in VectorLoops: which of the two gets an element must not matter.
      float first = Raw.get(Raw.at(m, k)) * rule.beta1() + g * (1 - rule.beta1());
      float second = Raw.get(Raw.at(v, k)) * rule.beta2() + g * g * (1 - rule.beta2());
      float update = first * rate / ((float) Math.sqrt(second) * scale + rule.eps());
      Raw.put(Raw.at(w, k), Raw.get(Raw.at(w, k)) * keep - update);
      Raw.put(Raw.at(m, k), Math.abs(first) < SMALLEST_MOMENT ? 0 : first);
      Raw.put(Raw.at(v, k), Math.abs(second) < SMALLEST_MOMENT ? 0 : second);
      Raw.put(Raw.at(dw, k), 0);
    }
  }

  private static void increase(long address, float by) {
    Raw.put(address, Raw.get(address) + by);
  }

  @Override
  public Bf16Loops bf16() {
    return new ScalarBf16();
  }

  @Override
  public LayerNormLoops layerNorm() {
    return new ScalarLayerNorm();
  }

  @Override
  public LstmLoops lstm() {
    return new ScalarLstm();
  }

  @Override
  public AttentionLoops attention() {
    return new ScalarAttention();
  }

  @Override
  public MixtureLoops mixture() {
    return new ScalarMixture();
  }

  @Override
  public String describe() {
    return "scalar loops";
  }
}
