package dev.hindsight.backend.cpu;

import static dev.hindsight.backend.cpu.VectorLoops.STEP;
import static dev.hindsight.backend.cpu.VectorLoops.load;
import static dev.hindsight.backend.cpu.VectorLoops.store;
import static dev.hindsight.backend.cpu.VectorMath.constant;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Activations over whole vectors, `end` bytes of them. One loop each: where a choice among vectors
/// is made inside a loop, C2 makes objects of them.
final class VectorActivations {
  private VectorActivations() {}

  // ---- y = f(x)

  static void relu(long x, long y, long end) {
    FloatVector zero = constant(0);
    for (long o = 0; o < end; o += STEP) {
      store(load(x + o).max(zero), y + o);
    }
  }

  static void tanh(long x, long y, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(VectorMath.tanh(load(x + o)), y + o);
    }
  }

  static void sigmoid(long x, long y, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(VectorMath.sigmoid(load(x + o)), y + o);
    }
  }

  static void gelu(long x, long y, long end) {
    FloatVector one = constant(1);
    for (long o = 0; o < end; o += STEP) {
      FloatVector in = load(x + o);
      FloatVector e = VectorMath.expOfNegative(in.mul(in).mul(constant(-0.5f)));
      FloatVector tail = VectorMath.normalTail(in, e);
      store(one.sub(tail).blend(tail, in.compare(VectorOperators.LT, 0)).mul(in), y + o);
    }
  }

  // ---- dy = dy·f'(x), from y = f(x)

  static void reluScale(long y, long dy, long end) {
    FloatVector zero = constant(0);
    for (long o = 0; o < end; o += STEP) {
      store(zero.blend(load(dy + o), load(y + o).compare(VectorOperators.GT, 0)), dy + o);
    }
  }

  static void tanhScale(long y, long dy, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(load(dy + o).mul(tanhSlope(load(y + o))), dy + o);
    }
  }

  static void sigmoidScale(long y, long dy, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(load(dy + o).mul(sigmoidSlope(load(y + o))), dy + o);
    }
  }

  // ---- dx += dy·f'(x), from y = f(x), but GELU from x

  static void reluBackward(long y, long dy, long dx, long end) {
    for (long o = 0; o < end; o += STEP) {
      FloatVector before = load(dx + o);
      FloatVector after = before.add(load(dy + o));
      store(before.blend(after, load(y + o).compare(VectorOperators.GT, 0)), dx + o);
    }
  }

  static void tanhBackward(long y, long dy, long dx, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(load(dy + o).fma(tanhSlope(load(y + o)), load(dx + o)), dx + o);
    }
  }

  static void sigmoidBackward(long y, long dy, long dx, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(load(dy + o).fma(sigmoidSlope(load(y + o)), load(dx + o)), dx + o);
    }
  }

  // GELU's slope is Φ(x) + x·φ(x), one loop for each term.

  static void geluBackwardCdf(long x, long dy, long dx, long end) {
    FloatVector one = constant(1);
    for (long o = 0; o < end; o += STEP) {
      FloatVector in = load(x + o);
      FloatVector e = VectorMath.expOfNegative(in.mul(in).mul(constant(-0.5f)));
      FloatVector tail = VectorMath.normalTail(in, e);
      FloatVector cdf = one.sub(tail).blend(tail, in.compare(VectorOperators.LT, 0));
      store(load(dy + o).fma(cdf, load(dx + o)), dx + o);
    }
  }

  static void geluBackwardDensity(long x, long dy, long dx, long end) {
    for (long o = 0; o < end; o += STEP) {
      FloatVector in = load(x + o);
      FloatVector e = VectorMath.expOfNegative(in.mul(in).mul(constant(-0.5f)));
      FloatVector slope = e.mul(constant(0.3989423f)).mul(in);
      store(load(dy + o).fma(slope, load(dx + o)), dx + o);
    }
  }

  private static FloatVector tanhSlope(FloatVector y) {
    return constant(1).sub(y.mul(y));
  }

  private static FloatVector sigmoidSlope(FloatVector y) {
    return y.sub(y.mul(y));
  }
}
