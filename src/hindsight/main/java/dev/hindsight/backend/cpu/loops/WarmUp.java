package dev.hindsight.backend.cpu.loops;

import com.sun.management.ThreadMXBean;
import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cpu.machine.CpuMemory;
import dev.hindsight.backend.cpu.machine.Native;
import java.lang.management.ManagementFactory;

/// Loops over vectors that are run on a little memory until the JIT has compiled them, once in a
/// process, when an op that needs them is first called.
///
/// An interpreted vector is an object, a thousand times slower than a register: a first step of
/// Adam over millions of weights would take seconds. Once nothing is allocated any more, a loop is
/// compiled. Compiling all of them takes seconds, too, of which most commands need a part.
@SuppressWarnings("ImmutableEnumChecker") // it remembers that it was done
public enum WarmUp {
  /// Those that nearly every op has.
  BASIC(
      (a, b, c, d) -> {
        until(n -> Loops.add(a, b, c, n));
        until(n -> Loops.addBias(true, a, b, n));
        until(n -> Loops.addBias(false, a, b, n));
        until(n -> Loops.addScaled(1, a, b, n));
        until(n -> Loops.scaleBySlope(Activation.RELU, a, b, n));
        until(n -> Loops.allFinite(a, n));
        until(n -> Loops.dot(a, b, n));
      }),
  BF16(
      (a, b, c, d) -> {
        until(n -> Bf16Loops.round(a, b, n));
        until(n -> Bf16Loops.widen(b, a, n));
        until(n -> Bf16Loops.add(b, a, n));
        until(n -> Bf16Loops.allFinite(b, n));
        until(n -> Bf16Loops.allFinite(b, 8, n / 9, 112));
      }),
  /// That of two taps.
  DIFFERENCE(
      (a, b, c, d) -> {
        until(n -> Loops.subtract(a, b, c, n));
      }),
  /// Tanh and sigmoid.
  SIGMOIDS(
      (a, b, c, d) -> {
        until(n -> Loops.activate(Activation.TANH, a, b, n));
        until(n -> Loops.activate(Activation.SIGMOID, a, b, n));
      }),
  GELU(
      (a, b, c, d) -> {
        until(n -> Loops.activate(Activation.GELU, a, b, n));
        until(n -> Loops.scaleBySlope(Activation.GELU, a, b, n));
      }),
  /// The same over short rows.
  SIGMOID_ROWS(
      (a, b, c, d) -> {
        until(n -> Loops.activateRows(Activation.TANH, a, 7, n / 7, 64));
        until(n -> Loops.activateRows(Activation.SIGMOID, a, 7, n / 7, 64));
      }),
  GATE(
      (a, b, c, d) -> {
        until(n -> Loops.multiply(a, b, c, n));
        until(n -> Loops.gateSlopes(a, b, c, n));
      }),
  LSTM(
      (a, b, c, d) -> {
        SIGMOIDS.before();
        until(n -> Loops.multiply(a, b, c, n));
        until(n -> Loops.copyRows(false, a, 16, b, 16, n / 16, 16));
        until(n -> LstmLoops.state(a, b, c, d, d, n));
        until(n -> LstmLoops.outputSlopes(a, b, c, d, n));
        until(n -> LstmLoops.stateSlopes(a, b, c, d, d, n));
      }),
  LAYER_NORM(
      (a, b, c, d) -> {
        long mean = d;
        long rstd = Native.at(d, 2);
        until(n -> LayerNormLoops.means(a, 2, n / 2, mean));
        until(n -> LayerNormLoops.scales(a, 2, n / 2, mean, rstd));
        until(n -> LayerNormLoops.normalize(a, 2, n / 2, mean, rstd, b, b, c));
        until(n -> Loops.activate(Activation.RELU, a, b, n));
        until(n -> LayerNormLoops.addGains(a, 2, n / 2, mean, rstd, b, c, c));
        until(n -> LayerNormLoops.averages(a, 2, n / 2, d, b, b));
        until(n -> LayerNormLoops.backward(a, 2, n / 2, d, b, b, c));
      }),
  /// That of attention which Winograd's transforms have, too.
  WEIGHTED_SUM(
      (a, b, c, d) -> {
        until(n -> AttentionLoops.weightedSum(d, 7, b, 7, n / 7 * 6, a));
      }),
  ATTENTION(
      (a, b, c, d) -> {
        WEIGHTED_SUM.before();
        until(n -> AttentionLoops.largest(a, 1, n));
        until(n -> AttentionLoops.exponentials(a, 1, 0, b, n));
        until(n -> AttentionLoops.multiply(1, a, n));
        until(n -> AttentionLoops.softmaxSlope(a, b, 0, 1, n));
        until(n -> AttentionLoops.exponentialColumns(a, 8, 112, 112, 1, b, c, d));
        until(n -> AttentionLoops.slopeColumns(a, b, 8, 112, 112, 1, c, d));
        until(n -> AttentionLoops.dots(a, 128, b, 128, 7, n / 8, d));
        until(n -> AttentionLoops.allFinite(a, 8, n / 9, 112));
      }),
  LOSS(
      (a, b, c, d) -> {
        until(n -> Loops.sigmoidCrossEntropy(a, b, n));
        until(n -> Loops.sigmoidCrossEntropyBackward(a, b, c, 0, n));
      }),
  CLASSES(
      (a, b, c, d) -> {
        until(n -> AttentionLoops.largest(a, 1, n));
        until(n -> AttentionLoops.exponentials(a, 1, 0, b, n));
        until(n -> Loops.fill(0, a, n));
        until(n -> Loops.addErrors(1, b, 0, c, n));
      }),
  MIXTURE(
      (a, b, c, d) -> {
        Mixture mixture = new Mixture(1, 1, 4);
        SIGMOIDS.before();
        ATTENTION.before();
        until(n -> MixtureLoops.logMasses(block(mixture, a, n)));
        until(n -> MixtureLoops.slopes(block(mixture, a, n)));
        until(n -> MixtureLoops.shares(b, 2, c, n / 64 * 16));
        until(n -> Loops.multiply(a, b, c, n));
        until(n -> Loops.subtract(a, b, c, n));
        until(n -> Loops.fill(0, a, n));
      }),
  ADAM(
      (a, b, c, d) -> {
        AdamStep step = AdamRule.PLAIN.at(1, 0);
        until(n -> Loops.adam(a, b, c, d, n, 1, step));
      });

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

  /// So many pixels that the memory of all operands together has room for them.
  private static MixtureBlock block(Mixture mixture, long memory, int length) {
    return new MixtureBlock(mixture, 16 + length / 40 * 16, memory);
  }

  @FunctionalInterface
  private interface Run {
    /// Runs them on floats that are zero at first, `ROOM` at each address.
    void on(long a, long b, long c, long d);
  }

  private final Run run;
  private volatile boolean done;

  WarmUp(Run run) {
    this.run = run;
  }

  /// Those of an activation.
  public static WarmUp of(Activation f) {
    return switch (f) {
      case IDENTITY, RELU -> BASIC;
      case TANH, SIGMOID -> SIGMOIDS;
      case GELU -> GELU;
    };
  }

  /// Called by an op before it begins, and by those that need these, too. All but the first time it
  /// costs a read. Loops without vectors need none of it.
  public void before() {
    if (!done && OwnLoops.COMPILED) {
      once();
    }
  }

  private synchronized void once() {
    if (done) {
      return;
    }
    var memory = new CpuMemory();
    long a = memory.reserve(4L * ROOM * Float.BYTES, "warm-up");
    try {
      Native.zero(a, 4L * ROOM * Float.BYTES);
      run.on(a, Native.at(a, ROOM), Native.at(a, 2 * ROOM), Native.at(a, 3 * ROOM));
    } finally {
      memory.release(a);
    }
    done = true;
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
