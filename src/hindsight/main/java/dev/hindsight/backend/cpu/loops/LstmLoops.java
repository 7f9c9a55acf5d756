package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.constant;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.rest;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;
import static dev.hindsight.backend.cpu.loops.VectorMath.whole;

import jdk.incubator.vector.FloatVector;

/// The parts of an LSTM's step that are its own, on the calling thread, over `count` floats at raw
/// addresses: on whole vectors, what is left over at the end one by one. Each is short, for C2's
/// sake (see [VectorMath]).
public final class LstmLoops {
  private LstmLoops() {}

  /// next = f·c + i·g
  public static void state(long i, long f, long g, long c, long next, long count) {
    long end = whole(count);
    for (long k = 0; k < end; k += STEP) {
      FloatVector fresh = load(i + k).mul(load(g + k));
      store(load(f + k).fma(load(c + k), fresh), next + k);
    }
    LstmRests.state(i + end, f + end, g + end, c + end, next + end, rest(count));
  }

  /// What reaches a step through h = o·tanh(c): dc += dh·o·(1 - tanh²), and o becomes its gradient
  /// before the activation, dh·tanh·o·(1 - o).
  public static void outputSlopes(long tanh, long dh, long o, long dc, long count) {
    long end = whole(count);
    FloatVector one = constant(1);
    for (long k = 0; k < end; k += STEP) {
      FloatVector squashed = load(tanh + k);
      FloatVector gate = load(o + k);
      FloatVector through = load(dh + k).mul(gate);
      store(through.fma(one.sub(squashed.mul(squashed)), load(dc + k)), dc + k);
      store(through.mul(squashed).mul(one.sub(gate)), o + k);
    }
    LstmRests.outputSlopes(tanh + end, dh + end, o + end, dc + end, rest(count));
  }

  /// What reaches it through its state: i, f and g become their gradients before the activation,
  /// and dc that of the state before, dc·f.
  public static void stateSlopes(long i, long f, long g, long before, long dc, long count) {
    long end = whole(count);
    FloatVector one = constant(1);
    for (long k = 0; k < end; k += STEP) {
      FloatVector in = load(i + k);
      FloatVector keep = load(f + k);
      FloatVector candidate = load(g + k);
      FloatVector slope = load(dc + k);
      FloatVector kept = slope.mul(keep);
      store(slope.mul(candidate).mul(in.sub(in.mul(in))), i + k);
      store(kept.mul(load(before + k)).mul(one.sub(keep)), f + k);
      store(slope.mul(in).mul(one.sub(candidate.mul(candidate))), g + k);
      store(kept, dc + k);
    }
    LstmRests.stateSlopes(i + end, f + end, g + end, before + end, dc + end, rest(count));
  }
}
