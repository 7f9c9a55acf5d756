package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.loops.VectorMath.HALF;
import static dev.hindsight.backend.cpu.loops.VectorMath.ONE;
import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.constant;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Activations over whole vectors, `end` bytes of them, or under a mask over the rest of rows. One
/// loop each: where a choice among vectors is made inside a loop, C2 makes objects of them.
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

  /// x = tanh(x) over rows of `end` bytes, `step` bytes apart. A bias added here would be one
  /// operation too many for C2.
  static void tanhRows(long x, int rows, long end, long step) {
    for (int r = 0; r < rows; r++) {
      long row = x + r * step;
      for (long o = 0; o < end; o += STEP) {
        store(VectorMath.tanh(load(row + o)), row + o);
      }
    }
  }

  /// The same for σ.
  static void sigmoidRows(long x, int rows, long end, long step) {
    for (int r = 0; r < rows; r++) {
      long row = x + r * step;
      for (long o = 0; o < end; o += STEP) {
        store(VectorMath.sigmoid(load(row + o)), row + o);
      }
    }
  }

  /// x = tanh(x) over what is left over at the end of rows of `count` floats, from there on.
  static void tanhRests(long x, int rows, long count, long step) {
    VectorMask<Float> rest = VectorMath.restMask(count);
    for (int r = 0; r < rows; r++) {
      long at = x + r * step;
      store(VectorMath.tanh(load(at, rest)), at, rest);
    }
  }

  /// The same for σ.
  static void sigmoidRests(long x, int rows, long count, long step) {
    VectorMask<Float> rest = VectorMath.restMask(count);
    for (int r = 0; r < rows; r++) {
      long at = x + r * step;
      store(VectorMath.sigmoid(load(at, rest)), at, rest);
    }
  }

  static void gelu(long x, long y, long end) {
    for (long o = 0; o < end; o += STEP) {
      FloatVector in = load(x + o);
      FloatVector tail = VectorMath.normalTail(in, VectorMath.bell(in));
      store(ONE.sub(tail).blend(tail, in.compare(VectorOperators.LT, 0)).mul(in), y + o);
    }
  }

  // ---- dy = dy·f'(x), from y = f(x), but GELU from x

  static void reluScale(long y, long dy, long end) {
    FloatVector zero = constant(0);
    for (long o = 0; o < end; o += STEP) {
      store(zero.blend(load(dy + o), load(y + o).compare(VectorOperators.GT, 0)), dy + o);
    }
  }

  static void tanhScale(long y, long dy, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(load(dy + o).mul(VectorMath.tanhSlope(load(y + o))), dy + o);
    }
  }

  static void sigmoidScale(long y, long dy, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(load(dy + o).mul(VectorMath.sigmoidSlope(load(y + o))), dy + o);
    }
  }

  /// The slope as in [#geluBackward].
  static void geluScale(long x, long dy, long end) {
    for (long o = 0; o < end; o += STEP) {
      FloatVector in = load(x + o);
      FloatVector rise = VectorMath.geluRise(in.abs());
      store(load(dy + o).mul(in.min(rise).max(rise.neg()).add(HALF)), dy + o);
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
      store(load(dy + o).fma(VectorMath.tanhSlope(load(y + o)), load(dx + o)), dx + o);
    }
  }

  static void sigmoidBackward(long y, long dy, long dx, long end) {
    for (long o = 0; o < end; o += STEP) {
      store(load(dy + o).fma(VectorMath.sigmoidSlope(load(y + o)), load(dx + o)), dx + o);
    }
  }

  /// GELU's slope is Φ(x) + x·φ(x) = 1/2 ± r with r = Φ(|x|) + |x|·φ(x) - 1/2 and the sign of x, so
  /// one exponential serves both terms. As r <= |x|, the signed r is x held between -r and r; a
  /// comparison in its place would be too much for C2.
  static void geluBackward(long x, long dy, long dx, long end) {
    for (long o = 0; o < end; o += STEP) {
      FloatVector in = load(x + o);
      FloatVector rise = VectorMath.geluRise(in.abs());
      FloatVector slope = in.min(rise).max(rise.neg()).add(HALF);
      store(load(dy + o).fma(slope, load(dx + o)), dx + o);
    }
  }
}
