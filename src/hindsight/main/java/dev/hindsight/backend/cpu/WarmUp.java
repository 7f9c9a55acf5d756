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
  private static final int FLOATS = 384 + 3;

  /// Of a loop's operand, in floats.
  private static final int ROOM = 1024;

  /// With elements left over, without, and with nothing else. A loop that was compiled for some of
  /// them alone is thrown away when it meets the others, and interpreted for the next ten steps.
  private static final int[] LENGTHS = {FLOATS, 384, 3};

  private static final int CALLS = 200;

  /// For one loop, should the JIT be busy.
  private static final long LIMIT_NANOS = 1_000_000_000L;

  private WarmUp() {}

  static void run(Loops loops, Scratch scratch) {
    scratch.reserve(4 * ROOM);
    long a = scratch.of(0);
    long b = Raw.at(a, ROOM);
    long c = Raw.at(b, ROOM);
    long d = Raw.at(c, ROOM);
    loops.fill(0, a, 4 * ROOM);
    AdamStep step = AdamRule.PLAIN.at(1, 0);
    until(n -> loops.adam(a, b, c, d, n, 1, step));
    until(n -> loops.sigmoidCrossEntropyBackward(a, b, c, 0, n));
    until(n -> loops.sigmoidCrossEntropy(a, b, n));
    until(n -> loops.addBias(true, a, b, n));
    until(n -> loops.addBias(false, a, b, n));
    until(n -> loops.scaleBySlope(Activation.RELU, a, b, n));
    until(n -> loops.activate(Activation.TANH, a, b, n));
    until(n -> loops.activate(Activation.SIGMOID, a, b, n));
    until(n -> loops.activateRows(Activation.TANH, a, 7, n / 7, FLOATS / 7));
    until(n -> loops.activateRows(Activation.SIGMOID, a, 7, n / 7, FLOATS / 7));
    until(n -> loops.multiply(a, b, c, n));
    until(n -> loops.gateSlopes(a, b, c, n));
    LstmLoops lstm = loops.lstm();
    until(n -> lstm.state(a, b, c, d, d, n));
    until(n -> lstm.outputSlopes(a, b, c, d, n));
    until(n -> lstm.stateSlopes(a, b, c, d, d, n));
    until(n -> loops.add(a, b, c, n));
    until(n -> loops.allFinite(a, n));
    until(n -> loops.dot(a, b, n));
    Bf16Loops halves = loops.bf16();
    until(n -> halves.round(a, b, n));
    until(n -> halves.widen(b, a, n));
    until(n -> halves.add(b, a, n));
    until(n -> halves.allFinite(b, n));
    LayerNormLoops norm = loops.layerNorm();
    until(n -> norm.sum(a, n));
    until(n -> norm.squaredDistance(a, 0, n));
    until(n -> norm.normalize(a, 0, 1, b, c, d, n));
    until(n -> norm.slopeAlong(a, 0, b, c, n));
    until(n -> norm.addGains(a, 0, 1, b, c, d, n));
    until(n -> norm.backward(a, 0, 1, b, c, 0, 0, d, n));
    AttentionLoops attention = loops.attention();
    until(n -> attention.largest(a, 1, n));
    until(n -> attention.exponentials(a, 1, 0, b, n));
    until(n -> attention.multiply(1, a, n));
    until(n -> attention.softmaxSlope(a, b, 0, 1, n));
    until(n -> attention.exponentialColumns(a, 8, 112, 112, 1, b, c, d));
    until(n -> attention.slopeColumns(a, b, 8, 112, 112, 1, c, d));
    until(n -> attention.dots(a, 128, b, 128, 7, n / 8, d));
    until(n -> attention.allFinite(a, 8, n / 9, 112));
    until(n -> attention.weightedSum(d, 7, b, 7, n / 7 * 6, a));
    until(n -> loops.activate(Activation.GELU, a, b, n));
    until(n -> loops.scaleBySlope(Activation.GELU, a, b, n));
    until(n -> loops.addScaled(1, a, b, n));
  }

  /// A loop over so many floats.
  @FunctionalInterface
  private interface Loop {
    void run(int length);
  }

  private static void until(Loop loop) {
    var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + LIMIT_NANOS;
    long allocated;
    do {
      long before = thread.getCurrentThreadAllocatedBytes();
      for (int call = 0; call < CALLS; call++) {
        loop.run(LENGTHS[call % LENGTHS.length]);
      }
      allocated = thread.getCurrentThreadAllocatedBytes() - before;
    } while (allocated > CALLS * FLOATS && System.nanoTime() < end);
  }
}
