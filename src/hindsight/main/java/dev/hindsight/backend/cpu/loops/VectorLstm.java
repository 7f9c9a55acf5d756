package dev.hindsight.backend.cpu.loops;

import static dev.hindsight.backend.cpu.loops.VectorMath.STEP;
import static dev.hindsight.backend.cpu.loops.VectorMath.constant;
import static dev.hindsight.backend.cpu.loops.VectorMath.load;
import static dev.hindsight.backend.cpu.loops.VectorMath.rest;
import static dev.hindsight.backend.cpu.loops.VectorMath.store;
import static dev.hindsight.backend.cpu.loops.VectorMath.whole;

import jdk.incubator.vector.FloatVector;

/// On whole vectors; what is left over at the end goes to [ScalarLstm].
final class VectorLstm implements LstmLoops {
  private static final ScalarLstm REST = new ScalarLstm();

  @Override
  public void state(long i, long f, long g, long c, long next, long count) {
    long end = whole(count);
    for (long k = 0; k < end; k += STEP) {
      FloatVector fresh = load(i + k).mul(load(g + k));
      store(load(f + k).fma(load(c + k), fresh), next + k);
    }
    REST.state(i + end, f + end, g + end, c + end, next + end, rest(count));
  }

  @Override
  public void outputSlopes(long tanh, long dh, long o, long dc, long count) {
    long end = whole(count);
    FloatVector one = constant(1);
    for (long k = 0; k < end; k += STEP) {
      FloatVector squashed = load(tanh + k);
      FloatVector gate = load(o + k);
      FloatVector through = load(dh + k).mul(gate);
      store(through.fma(one.sub(squashed.mul(squashed)), load(dc + k)), dc + k);
      store(through.mul(squashed).mul(one.sub(gate)), o + k);
    }
    REST.outputSlopes(tanh + end, dh + end, o + end, dc + end, rest(count));
  }

  @Override
  public void stateSlopes(long i, long f, long g, long before, long dc, long count) {
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
    REST.stateSlopes(i + end, f + end, g + end, before + end, dc + end, rest(count));
  }
}
