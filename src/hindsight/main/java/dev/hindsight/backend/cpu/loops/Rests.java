package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.machine.Native.get;
import static dev.hindsight.backend.cpu.machine.Native.put;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.cpu.machine.Native;

/// Single elements that [Loops] leaves over, functions in double.
final class Rests {
  private Rests() {}

  static void activate(Activation f, long x, long y, long count) {
    for (long k = 0; k < count; k++) {
      put(y, k, (float) value(f, get(x, k)));
    }
  }

  static void activateBackward(Activation f, long x, long y, long dy, long dx, long count) {
    for (long k = 0; k < count; k++) {
      double slope = slope(f, get(x, k), get(y, k));
      increase(Native.at(dx, k), (float) (get(dy, k) * slope));
    }
  }

  static void scaleBySlope(Activation f, long known, long dy, long count) {
    for (long k = 0; k < count; k++) {
      double value = get(known, k);
      double slope = slope(f, value, value);
      put(dy, k, (float) (get(dy, k) * slope));
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

  static void addBias(boolean relu, long b, long y, long count) {
    for (long k = 0; k < count; k++) {
      float sum = get(y, k) + get(b, k);
      put(y, k, relu ? Math.max(sum, 0) : sum);
    }
  }

  static void multiply(long a, long b, long y, long count) {
    for (long k = 0; k < count; k++) {
      put(y, k, get(a, k) * get(b, k));
    }
  }

  static void gateSlopes(long t, long s, long dy, long count) {
    for (long k = 0; k < count; k++) {
      float tanh = get(t, k);
      float sigmoid = get(s, k);
      float g = get(dy, k) * sigmoid;
      put(t, k, g * (1 - tanh * tanh));
      put(s, k, g * tanh * (1 - sigmoid));
    }
  }

  static void add(long a, long b, long y, long count) {
    for (long k = 0; k < count; k++) {
      put(y, k, get(a, k) + get(b, k));
    }
  }

  static void copyRows(boolean add, long x, int pitch, long y, int pitchY, int rows, long count) {
    for (int row = 0; row < rows; row++) {
      for (long k = 0; k < count; k++) {
        long to = Native.at(y, row, pitchY, k);
        float value = Native.get(Native.at(x, row, pitch, k));
        Native.put(to, add ? Native.get(to) + value : value);
      }
    }
  }

  static void subtract(long a, long b, long y, long count) {
    for (long k = 0; k < count; k++) {
      put(y, k, get(a, k) - get(b, k));
    }
  }

  static void addScaled(float factor, long x, long y, long count) {
    for (long k = 0; k < count; k++) {
      increase(Native.at(y, k), factor * get(x, k));
    }
  }

  static void fill(float value, long x, long count) {
    for (long k = 0; k < count; k++) {
      put(x, k, value);
    }
  }

  static float dot(long a, long b, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      sum += (double) get(a, k) * get(b, k);
    }
    return (float) sum;
  }

  static double sumOfSquares(long x, long count) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      double value = get(x, k);
      sum += value * value;
    }
    return sum;
  }

  static boolean allFinite(long x, long count) {
    for (long k = 0; k < count; k++) {
      if (!Float.isFinite(get(x, k))) {
        return false;
      }
    }
    return true;
  }

  static float sigmoidCrossEntropy(long l, long t, long count) {
    double nll = 0;
    for (long k = 0; k < count; k++) {
      double logit = get(l, k);
      double softplus = Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
      nll += softplus - logit * get(t, k);
    }
    return (float) nll;
  }

  static void sigmoidCrossEntropyBackward(long l, long t, long dl, float scale, long count) {
    for (long k = 0; k < count; k++) {
      double error = sigmoid(get(l, k)) - get(t, k);
      if (!(Math.abs(error) < Loops.SMALLEST_ERROR)) { // NaN passes
        increase(Native.at(dl, k), (float) (scale * error));
      }
    }
  }

  static void addErrors(float share, long e, float scale, long dl, long count) {
    for (long k = 0; k < count; k++) {
      double p = (double) share * Native.get(e, k);
      if (!(p < Loops.SMALLEST_ERROR)) { // NaN passes
        increase(Native.at(dl, k), (float) (scale * p));
      }
    }
  }

  static void adam(long w, long dw, long m, long v, long count, float clip, AdamStep step) {
    float rate = step.correctedRate();
    float scale = step.correctedScale();
    float keep = step.keep();
    AdamRule rule = step.rule();
    for (long k = 0; k < count; k++) {
      float g = get(dw, k) * clip;
      // Every rounding as in Loops: which of the two gets an element must not matter.
      float first = get(m, k) * rule.beta1() + g * (1 - rule.beta1());
      float second = get(v, k) * rule.beta2() + g * g * (1 - rule.beta2());
      float update = first * rate / ((float) Math.sqrt(second) * scale + rule.eps());
      put(w, k, get(w, k) * keep - update);
      put(m, k, Math.abs(first) < Loops.SMALLEST_MOMENT ? 0 : first);
      put(v, k, Math.abs(second) < Loops.SMALLEST_MOMENT ? 0 : second);
      put(dw, k, 0);
    }
  }

  private static void increase(long address, float by) {
    put(address, get(address) + by);
  }
}
