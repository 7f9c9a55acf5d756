package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Adam;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.Shares;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The optimiser, share by share, over the weights that exist.
public final class CpuAdam implements Adam {
  private final Engine engine;
  private final Shares shares;
  private double[] partial = new double[64];

  public CpuAdam(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  @Override
  public void step(
      FlatParameters p,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule,
      @Nullable LiveChunks live) {
    WarmUp.ADAM.before();
    float clip = rule.clipNorm() > 0 ? clip(rule, Objects.requireNonNull(norm)) : 1;
    long at = numbers.address();
    AdamStep step = rule.at((int) Native.get(at), Native.get(at, 1));
    long weights = p.value().address();
    long gradients = p.grad().address();
    long means = p.firstMoment().address();
    long squares = p.secondMoment().address();
    Matrix copy = engine.matrixOrNull(p.rounded());
    LiveChunks.Run run =
        (from, size) -> {
          long o = Native.at(0, from);
          Loops.adam(weights + o, gradients + o, means + o, squares + o, size, clip, step);
          if (copy != null) { // what does not exist keeps what it has, which nobody reads
            copy.stored().round(weights + o, copy.stored().at(copy.address(), from), size);
          }
        };
    shares.over(
        p.value().size(),
        (_, o, size) -> {
          long from = o / Float.BYTES;
          if (live == null) {
            run.of(from, size);
          } else {
            live.overRuns(from, from + size, run);
          }
        });
  }

  private static float clip(AdamRule rule, Tensor norm) {
    double length = Native.get(norm.address());
    return (float) Math.min(1, rule.clipNorm() / (length + 1e-6));
  }

  @Override
  public void norm(Tensor x, Tensor out) {
    int pieces = Shares.of(x.size());
    if (partial.length < pieces) {
      partial = new double[pieces];
    }
    double[] sums = partial;
    long from = x.address();
    shares.over(x.size(), (share, o, size) -> sums[share] = Loops.sumOfSquares(from + o, size));
    double sum = 0;
    for (int share = 0; share < pieces; share++) {
      sum += sums[share];
    }
    Native.put(out.address(), (float) Math.sqrt(sum));
  }
}
