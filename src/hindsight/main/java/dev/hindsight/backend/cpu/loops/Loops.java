package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.loops.VectorMath.FLOATS;
import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.rest;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;
import static dev.hindsight.backend.cpu.loops.VectorMath.whole;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.cpu.machine.Native;
import jdk.incubator.vector.FloatVector;

/// Everything but products, on the calling thread, over `count` floats at raw addresses. In and out
/// may be the same address, but must not overlap otherwise.
///
/// On whole vectors; what is left over at the end is done one by one ([Rests]), but at the ends of
/// rows that are activated, which a mask takes. No loop starts from a vector in a field, nor
/// chooses between vectors: C2 would make objects of them.
public final class Loops {
  /// An operation on a subnormal number costs a hundred cycles. Two things end there in training,
  /// and become 0 before they do, long after they have ceased to matter: an error σ(l) - t or
  /// probability of a class below this, as of a pixel that is always 0, whose backward products
  /// would be subnormal ...
  static final float SMALLEST_ERROR = 1e-20f;

  /// ... and an Adam moment below this: that of a weight whose gradient is 0 from some step on
  /// would be subnormal 800 steps later, and stay so.
  static final float SMALLEST_MOMENT = 1e-30f;

  private Loops() {}

  /// y = f(x)
  public static void activate(Activation f, long x, long y, long count) {
    long end = whole(count);
    switch (f) {
      case IDENTITY -> Native.copy(x, y, end / Float.BYTES);
      case RELU -> VectorActivations.relu(x, y, end);
      case TANH -> VectorActivations.tanh(x, y, end);
      case SIGMOID -> VectorActivations.sigmoid(x, y, end);
      case GELU -> VectorActivations.gelu(x, y, end);
    }
    Rests.activate(f, x + end, y + end, rest(count));
  }

  /// x = f(x) for TANH and SIGMOID, over rows of `count` floats that begin `pitch` floats apart.
  /// One long loop where rows are short.
  public static void activateRows(Activation f, long x, int rows, long count, long pitch) {
    long end = whole(count);
    long step = pitch * Float.BYTES;
    boolean more = rest(count) > 0;
    switch (f) {
      case TANH -> {
        VectorActivations.tanhRows(x, rows, end, step);
        if (more) {
          VectorActivations.tanhRests(x + end, rows, count, step);
        }
      }
      case SIGMOID -> {
        VectorActivations.sigmoidRows(x, rows, end, step);
        if (more) {
          VectorActivations.sigmoidRests(x + end, rows, count, step);
        }
      }
      case IDENTITY, RELU, GELU -> throw new IllegalArgumentException("no op wants rows of " + f);
    }
  }

  /// dy = dy·f'
  ///
  /// @param known what went into GELU, what came out of any other activation
  public static void scaleBySlope(Activation f, long known, long dy, long count) {
    long end = whole(count);
    switch (f) {
      case IDENTITY -> {}
      case RELU -> VectorActivations.reluScale(known, dy, end);
      case TANH -> VectorActivations.tanhScale(known, dy, end);
      case SIGMOID -> VectorActivations.sigmoidScale(known, dy, end);
      case GELU -> VectorActivations.geluScale(known, dy, end);
    }
    Rests.scaleBySlope(f, known + end, dy + end, rest(count));
  }

  /// dx += dy·f'(x), from x or y, whichever serves
  public static void activateBackward(Activation f, long x, long y, long dy, long dx, long count) {
    long end = whole(count);
    switch (f) {
      case IDENTITY -> add(dx, dy, dx, end / Float.BYTES);
      case RELU -> VectorActivations.reluBackward(y, dy, dx, end);
      case TANH -> VectorActivations.tanhBackward(y, dy, dx, end);
      case SIGMOID -> VectorActivations.sigmoidBackward(y, dy, dx, end);
      case GELU -> VectorActivations.geluBackward(x, dy, dx, end);
    }
    Rests.activateBackward(f, x + end, y + end, dy + end, dx + end, rest(count));
  }

  /// y = f(y + b) for RELU and IDENTITY
  public static void addBias(boolean relu, long b, long y, long count) {
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
    Rests.addBias(relu, b + end, y + end, rest(count));
  }

  /// y = a + b
  public static void add(long a, long b, long y, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(load(a + o).add(load(b + o)), y + o);
    }
    Rests.add(a + end, b + end, y + end, rest(count));
  }

  /// y = x, or y += x, over rows of `count` floats that begin `pitch` floats apart. One long loop
  /// where rows are short.
  public static void copyRows(
      boolean add, long x, int pitch, long y, int pitchY, int rows, long count) {
    long end = whole(count);
    for (int row = 0; row < rows; row++) {
      long from = Native.at(x, row, pitch, 0);
      long to = Native.at(y, row, pitchY, 0);
      if (add) {
        for (long o = 0; o < end; o += STEP) {
          store(load(to + o).add(load(from + o)), to + o);
        }
      } else {
        for (long o = 0; o < end; o += STEP) {
          store(load(from + o), to + o);
        }
      }
    }
    if (rest(count) > 0) {
      Rests.copyRows(add, x + end, pitch, y + end, pitchY, rows, rest(count));
    }
  }

  /// y = a - b
  public static void subtract(long a, long b, long y, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(load(a + o).sub(load(b + o)), y + o);
    }
    Rests.subtract(a + end, b + end, y + end, rest(count));
  }

  /// y = a·b
  public static void multiply(long a, long b, long y, long count) {
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      store(load(a + o).mul(load(b + o)), y + o);
    }
    Rests.multiply(a + end, b + end, y + end, rest(count));
  }

  /// The slopes of t·s where t = tanh(a) and s = σ(b): t becomes dy·s·(1 - t²), s becomes dy·t·s·(1
  /// - s).
  public static void gateSlopes(long t, long s, long dy, long count) {
    long end = whole(count);
    FloatVector one = VectorMath.constant(1);
    for (long o = 0; o < end; o += STEP) {
      FloatVector tanh = load(t + o);
      FloatVector sigmoid = load(s + o);
      FloatVector g = load(dy + o).mul(sigmoid);
      store(g.mul(one.sub(tanh.mul(tanh))), t + o);
      store(g.mul(tanh).mul(one.sub(sigmoid)), s + o);
    }
    Rests.gateSlopes(t + end, s + end, dy + end, rest(count));
  }

  /// y += factor·x
  public static void addScaled(float factor, long x, long y, long count) {
    long end = whole(count);
    FloatVector scale = VectorMath.constant(factor);
    for (long o = 0; o < end; o += STEP) {
      store(load(x + o).fma(scale, load(y + o)), y + o);
    }
    Rests.addScaled(factor, x + end, y + end, rest(count));
  }

  public static void fill(float value, long x, long count) {
    long end = whole(count);
    FloatVector all = VectorMath.constant(value);
    for (long o = 0; o < end; o += STEP) {
      store(all, x + o);
    }
    Rests.fill(value, x + end, rest(count));
  }

  public static float dot(long a, long b, long count) {
    long end = whole(count);
    float sum = VectorMath.sum(VectorMath.products(a, b, end));
    return sum + Rests.dot(a + end, b + end, rest(count));
  }

  /// Σ x²
  public static double sumOfSquares(long x, long count) {
    // In pieces, so that a long sum does not lose small terms in float.
    double sum = 0;
    long end = whole(count);
    for (long from = 0; from < end; from += 64 * STEP) {
      sum += piece(x + from, Math.min(64 * STEP, end - from));
    }
    return sum + Rests.sumOfSquares(x + end, rest(count));
  }

  private static float piece(long x, long bytes) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (long o = 0; o < bytes; o += STEP) {
      FloatVector value = load(x + o);
      sum = value.fma(value, sum);
    }
    return VectorMath.sum(sum);
  }

  /// Whether no element is infinite or NaN.
  public static boolean allFinite(long x, long count) {
    // x - x is 0 or NaN, and NaN stays in a sum.
    FloatVector poison = FloatVector.zero(FLOATS);
    long end = whole(count);
    for (long o = 0; o < end; o += STEP) {
      FloatVector value = load(x + o);
      poison = poison.add(value.sub(value));
    }
    return VectorMath.sum(poison) == 0 && Rests.allFinite(x + end, rest(count));
  }

  /// Σ softplus(l) - l·t
  public static float sigmoidCrossEntropy(long l, long t, long count) {
    long end = whole(count);
    // softplus(l) = max(l, 0) + ln(1 + e^-|l|)
    return straightPart(l, t, end)
        + curvedPart(l, end)
        + Rests.sigmoidCrossEntropy(l + end, t + end, rest(count));
  }

  private static float straightPart(long l, long t, long end) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (long o = 0; o < end; o += STEP) {
      FloatVector logit = load(l + o);
      sum = sum.add(logit.max(0).sub(logit.mul(load(t + o))));
    }
    return VectorMath.sum(sum);
  }

  private static float curvedPart(long l, long end) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (long o = 0; o < end; o += STEP) {
      FloatVector e = VectorMath.expOfNegative(load(l + o).abs().neg());
      sum = sum.add(VectorMath.log1p(e));
    }
    return VectorMath.sum(sum);
  }

  /// dl += scale·(σ(l) - t)
  public static void sigmoidCrossEntropyBackward(long l, long t, long dl, float scale, long count) {
    long end = whole(count);
    FloatVector factor = VectorMath.constant(scale);
    for (long o = 0; o < end; o += STEP) {
      FloatVector error = VectorMath.sigmoid(load(l + o)).sub(load(t + o));
      store(VectorMath.flush(error, SMALLEST_ERROR).fma(factor, load(dl + o)), dl + o);
    }
    Rests.sigmoidCrossEntropyBackward(l + end, t + end, dl + end, scale, rest(count));
  }

  /// dl += scale·p where p = share·e
  public static void addErrors(float share, long e, float scale, long dl, long count) {
    long end = whole(count);
    FloatVector part = VectorMath.constant(share);
    FloatVector factor = VectorMath.constant(scale);
    for (long o = 0; o < end; o += STEP) {
      FloatVector p = VectorMath.flush(load(e + o).mul(part), SMALLEST_ERROR);
      store(p.fma(factor, load(dl + o)), dl + o);
    }
    Rests.addErrors(share, e + end, scale, dl + end, rest(count));
  }

  /// One step of Adam, after which dw is zero; gradients are multiplied by `clip` first.
  public static void adam(long w, long dw, long m, long v, long count, float clip, AdamStep step) {
    long end = whole(count);
    float rate = step.correctedRate();
    float scale = step.correctedScale();
    float keep = step.keep();
    AdamRule rule = step.rule();
    for (long o = 0; o < end; o += STEP) {
      FloatVector g = load(dw + o).mul(clip);
      FloatVector first = load(m + o).mul(rule.beta1()).add(g.mul(1 - rule.beta1()));
      FloatVector second = load(v + o).mul(rule.beta2()).add(g.mul(g).mul(1 - rule.beta2()));
      FloatVector root = second.sqrt().mul(scale).add(rule.eps());
      store(load(w + o).mul(keep).sub(first.mul(rate).div(root)), w + o);
      store(VectorMath.flush(first, SMALLEST_MOMENT), m + o);
      store(VectorMath.flush(second, SMALLEST_MOMENT), v + o);
      store(FloatVector.zero(FLOATS), dw + o);
    }
    Rests.adam(w + end, dw + end, m + end, v + end, rest(count), clip, step);
  }

  /// For people: what computes.
  public static String describe() {
    return "%d-bit vectors, ends of rows masked".formatted(FLOATS.vectorBitSize());
  }
}
