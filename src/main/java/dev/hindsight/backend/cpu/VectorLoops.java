package dev.hindsight.backend.cpu;

import static dev.hindsight.backend.cpu.VectorMath.FLOATS;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamStep;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The loops on whole vectors; what is left over at the end goes to [ScalarLoops].
///
/// Vectors never start a loop as a constant field: C2 would then keep them as objects.
final class VectorLoops implements Loops {
  private static final long STEP = FLOATS.vectorByteSize();
  private static final ScalarLoops REST = new ScalarLoops();

  static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(FLOATS, Raw.ALL, address, ByteOrder.nativeOrder());
  }

  static void store(FloatVector value, long address) {
    value.intoMemorySegment(Raw.ALL, address, ByteOrder.nativeOrder());
  }

  /// Bytes of whole vectors among `count` floats.
  private static long whole(long count) {
    return count * Float.BYTES / STEP * STEP;
  }

  /// Floats left over.
  private static long rest(long count) {
    return count % FLOATS.length();
  }

  @Override
  public void activate(Activation f, long x, long y, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(value(f, load(x + o)), y + o);
    }
    REST.activate(f, x + end, y + end, rest(count));
  }

  @Override
  public void activateBackward(Activation f, long x, long y, long dy, long dx, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      FloatVector slope = slope(f, load(x + o), load(y + o));
      store(load(dy + o).fma(slope, load(dx + o)), dx + o);
    }
    REST.activateBackward(f, x + end, y + end, dy + end, dx + end, rest(count));
  }

  @Override
  public void scaleBySlope(Activation f, long y, long dy, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      FloatVector out = load(y + o);
      store(load(dy + o).mul(slope(f, out, out)), dy + o);
    }
    REST.scaleBySlope(f, y + end, dy + end, rest(count));
  }

  private static FloatVector value(Activation f, FloatVector x) {
    return switch (f) {
      case IDENTITY -> x;
      case RELU -> x.max(0);
      case TANH -> VectorMath.tanh(x);
      case SIGMOID -> VectorMath.sigmoid(x);
      case GELU -> x.mul(VectorMath.normalCdf(x));
    };
  }

  private static FloatVector slope(Activation f, FloatVector x, FloatVector y) {
    FloatVector one = VectorMath.constant(1);
    return switch (f) {
      case IDENTITY -> one;
      case RELU -> FloatVector.zero(FLOATS).blend(one, y.compare(VectorOperators.GT, 0));
      case TANH -> one.sub(y.mul(y));
      case SIGMOID -> y.mul(one.sub(y));
      case GELU -> x.fma(VectorMath.normalDensity(x), VectorMath.normalCdf(x));
    };
  }

  @Override
  public void addBias(boolean relu, long b, long y, long count) {
    long end = whole(count);
    if (relu) {
      for (long o = 0; o < end; o += STEP) {
        store(load(y + o).add(load(b + o)).max(0), y + o);
      }
    } else {
      for (long o = 0; o < end; o += STEP) {
        store(load(y + o).add(load(b + o)), y + o);
      }
    }
    REST.addBias(relu, b + end, y + end, rest(count));
  }

  @Override
  public void add(long a, long b, long y, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(load(a + o).add(load(b + o)), y + o);
    }
    REST.add(a + end, b + end, y + end, rest(count));
  }

  @Override
  public void addScaled(float factor, long x, long y, long count) {
    long end = whole(count);
    FloatVector scale = VectorMath.constant(factor);
    for (long o = 0; o < end; o += STEP) {
      store(load(x + o).fma(scale, load(y + o)), y + o);
    }
    REST.addScaled(factor, x + end, y + end, rest(count));
  }

  @Override
  public void fill(float value, long x, long count) {
    long end = whole(count);
    FloatVector all = VectorMath.constant(value);
    for (long o = 0; o < end; o += STEP) {
      store(all, x + o);
    }
    REST.fill(value, x + end, rest(count));
  }

  @Override
  public float dot(long a, long b, long count) {
    long end = whole(count);
    FloatVector even = FloatVector.zero(FLOATS);
    FloatVector odd = FloatVector.zero(FLOATS);
    long o = 0;
    for (; o + STEP < end; o += 2 * STEP) {
      even = load(a + o).fma(load(b + o), even);
      odd = load(a + o + STEP).fma(load(b + o + STEP), odd);
    }
    if (o < end) {
      even = load(a + o).fma(load(b + o), even);
    }
    float sum = even.add(odd).reduceLanes(VectorOperators.ADD);
    return sum + REST.dot(a + end, b + end, rest(count));
  }

  @Override
  public double sumOfSquares(long x, long count) {
    // In pieces, so that a long sum does not lose small terms in float.
    double sum = 0;
    long end = whole(count);
    for (long from = 0; from < end; from += 64 * STEP) {
      sum += piece(x + from, Math.min(64 * STEP, end - from));
    }
    return sum + REST.sumOfSquares(x + end, rest(count));
  }

  private static float piece(long x, long bytes) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (long o = 0; o < bytes; o += STEP) {
      FloatVector value = load(x + o);
      sum = value.fma(value, sum);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  @Override
  public boolean allFinite(long x, long count) {
    // x - x is 0 or NaN, and NaN stays in a sum.
    FloatVector poison = FloatVector.zero(FLOATS);
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      FloatVector value = load(x + o);
      poison = poison.add(value.sub(value));
    }
    return poison.reduceLanes(VectorOperators.ADD) == 0 && REST.allFinite(x + end, rest(count));
  }

  @Override
  public float sigmoidCrossEntropy(long l, long t, long dl, float scale, long count) {
    long end = whole(count);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (long o = 0; o < end; o += STEP) {
      FloatVector logit = load(l + o);
      FloatVector target = load(t + o);
      // With e = exp(-|l|): softplus(l) = max(l, 0) + ln(1 + e), and σ(|l|) = 1 / (1 + e).
      FloatVector e = VectorMath.exp(logit.abs().neg());
      FloatVector softplus = VectorMath.log1p(e).add(logit.max(0));
      sum = sum.add(softplus.sub(logit.mul(target)));
      if (dl != 0) {
        VectorMask<Float> negative = logit.compare(VectorOperators.LT, 0);
        FloatVector top = VectorMath.constant(1).blend(e, negative);
        FloatVector error = top.div(e.add(1)).sub(target);
        store(error.mul(scale).add(load(dl + o)), dl + o);
      }
    }
    float rest =
        REST.sigmoidCrossEntropy(l + end, t + end, dl == 0 ? 0 : dl + end, scale, rest(count));
    return sum.reduceLanes(VectorOperators.ADD) + rest;
  }

  @Override
  public void adam(long w, long dw, long m, long v, long count, float clip, AdamStep step) {
    long end = whole(count);
    float rate = step.correctedRate();
    float scale = step.correctedScale();
    float keep = 1 - step.rate() * step.weightDecay();
    for (long o = 0; o < end; o += STEP) {
      FloatVector g = load(dw + o).mul(clip);
      FloatVector first = load(m + o).mul(step.beta1()).add(g.mul(1 - step.beta1()));
      FloatVector second = load(v + o).mul(step.beta2()).add(g.mul(g).mul(1 - step.beta2()));
      FloatVector root = second.sqrt().mul(scale).add(step.eps());
      store(load(w + o).mul(keep).sub(first.mul(rate).div(root)), w + o);
      store(first, m + o);
      store(second, v + o);
      store(FloatVector.zero(FLOATS), dw + o);
    }
    REST.adam(w + end, dw + end, m + end, v + end, rest(count), clip, step);
  }

  @Override
  public String describe() {
    return "%d-bit vectors".formatted(FLOATS.vectorBitSize());
  }
}
