package dev.hindsight.backend.cpu;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import java.lang.management.ManagementFactory;

/// Runs the loops that every model trains with on a little memory until the JIT has compiled them.
///
/// An interpreted vector is an object, a thousand times slower than a register: a first step of
/// Adam over millions of weights would take seconds. Once nothing is allocated any more, the loop
/// is compiled; a later backend of the same process finds it so.
final class WarmUp {
  /// Longer than any loop is unrolled, and with elements left over.
  private static final int FLOATS = 1024 + 3;

  private static final int CALLS = 200;

  /// For one loop, should the JIT be busy.
  private static final long LIMIT_NANOS = 1_000_000_000L;

  private WarmUp() {}

  static void run(Loops loops, Scratch scratch) {
    scratch.reserve(4 * FLOATS);
    long a = scratch.of(0);
    long b = Raw.at(a, FLOATS);
    long c = Raw.at(b, FLOATS);
    long d = Raw.at(c, FLOATS);
    loops.fill(0, a, 4 * FLOATS);
    AdamStep step = AdamRule.PLAIN.at(1, 0);
    until(() -> loops.adam(a, b, c, d, FLOATS, 1, step));
    until(() -> loops.sigmoidCrossEntropyBackward(a, b, c, 0, FLOATS));
    until(() -> loops.sigmoidCrossEntropy(a, b, FLOATS));
    until(() -> loops.addBias(true, a, b, FLOATS));
    until(() -> loops.addBias(false, a, b, FLOATS));
    until(() -> loops.scaleBySlope(Activation.RELU, a, b, FLOATS));
    until(() -> loops.activate(Activation.TANH, a, b, FLOATS));
    until(() -> loops.activate(Activation.SIGMOID, a, b, FLOATS));
    until(() -> loops.activateRows(Activation.TANH, a, 7, FLOATS / 7, FLOATS / 7));
    until(() -> loops.activateRows(Activation.SIGMOID, a, 7, FLOATS / 7, FLOATS / 7));
    until(() -> loops.multiply(a, b, c, FLOATS));
    until(() -> loops.gateSlopes(a, b, c, FLOATS));
    LstmLoops lstm = loops.lstm();
    until(() -> lstm.state(a, b, c, d, d, FLOATS));
    until(() -> lstm.outputSlopes(a, b, c, d, FLOATS));
    until(() -> lstm.stateSlopes(a, b, c, d, d, FLOATS));
    until(() -> loops.add(a, b, c, FLOATS));
    until(() -> loops.allFinite(a, FLOATS));
    until(() -> loops.dot(a, b, FLOATS));
    Bf16Loops halves = loops.bf16();
    until(() -> halves.round(a, b, FLOATS));
    until(() -> halves.widen(b, a, FLOATS));
    until(() -> halves.add(b, a, FLOATS));
    until(() -> halves.allFinite(b, FLOATS));
    LayerNormLoops norm = loops.layerNorm();
    until(() -> norm.sum(a, FLOATS));
    until(() -> norm.squaredDistance(a, 0, FLOATS));
    until(() -> norm.normalize(a, 0, 1, b, c, d, FLOATS));
    until(() -> norm.slopeAlong(a, 0, b, c, FLOATS));
    until(() -> norm.addGains(a, 0, 1, b, c, d, FLOATS));
    until(() -> norm.backward(a, 0, 1, b, c, 0, 0, d, FLOATS));
    AttentionLoops attention = loops.attention();
    until(() -> attention.largest(a, 1, FLOATS));
    until(() -> attention.exponentials(a, 1, 0, b, FLOATS));
    until(() -> attention.multiply(1, a, FLOATS));
    until(() -> attention.softmaxSlope(a, b, 0, 1, FLOATS));
    until(() -> attention.exponentialColumns(a, 8, 112, 112, 1, b, c, d));
    until(() -> attention.slopeColumns(a, b, 8, 112, 112, 1, c, d));
    until(() -> attention.dots(a, 128, b, 128, 7, 128, d));
    until(() -> attention.allFinite(a, 8, 112, 112));
    until(() -> attention.weightedSum(d, 7, b, 7, 7 * FLOATS / 8, a));
    until(() -> loops.activate(Activation.GELU, a, b, FLOATS));
    until(() -> loops.scaleBySlope(Activation.GELU, a, b, FLOATS));
    until(() -> loops.addScaled(1, a, b, FLOATS));
  }

  private static void until(Runnable loop) {
    var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + LIMIT_NANOS;
    long allocated;
    do {
      long before = thread.getCurrentThreadAllocatedBytes();
      for (int call = 0; call < CALLS; call++) {
        loop.run();
      }
      allocated = thread.getCurrentThreadAllocatedBytes() - before;
    } while (allocated > CALLS * FLOATS && System.nanoTime() < end);
  }
}
