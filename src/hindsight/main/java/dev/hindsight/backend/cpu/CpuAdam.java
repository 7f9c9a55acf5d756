package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Adam;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The optimiser, share by share, over the weights that exist.
final class CpuAdam implements Adam {
  private final Engine engine;
  private final Loops loops;
  private final Shares shares;
  private double[] partial = new double[64];

  CpuAdam(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.shares = new Shares(engine);
  }

  @Override
  public void step(
      FlatParameters p,
      @Nullable Tensor norm,
      Tensor numbers,
      AdamRule rule,
      @Nullable LiveChunks live) {
    WarmUp.ADAM.before(loops);
    float clip = 1;
    if (rule.clipNorm() > 0) {
      double length = Raw.get(Objects.requireNonNull(norm).address());
      clip = (float) Math.min(1, rule.clipNorm() / (length + 1e-6));
    }
    long at = numbers.address();
    AdamStep step = rule.at((int) Raw.get(at), Raw.get(Raw.at(at, 1)));
    step(p, clip, step, live);
  }

  /// What gets the new weights in another type. Of weights that do not exist it keeps what it has,
  /// which nobody reads.
  private record Copy(Stored stored, long address) {
    void of(long w, long from, long count) {
      stored.round(w, stored.at(address, from), count);
    }
  }

  private void step(FlatParameters p, float clip, AdamStep step, @Nullable LiveChunks live) {
    Tensor rounded = p.rounded();
    Copy copy = rounded == null ? null : new Copy(engine.stored(rounded), rounded.address());
    long w = p.value().address();
    long dw = p.grad().address();
    long m = p.firstMoment().address();
    long v = p.secondMoment().address();
    long count = p.value().size();
    LiveChunks.Run run =
        (from, size) -> {
          long o = Raw.at(0, from);
          loops.adam(w + o, dw + o, m + o, v + o, size, clip, step);
          if (copy != null) {
            copy.of(w + o, from, size);
          }
        };
    engine
        .workers()
        .run(
            Shares.of(count),
            (share, worker) -> {
              long from = share * Shares.SIZE;
              long to = Math.min(count, from + Shares.SIZE);
              if (live == null) {
                run.of(from, to - from);
              } else {
                live.overRuns(from, to, run);
              }
            });
  }

  @Override
  public void norm(Tensor x, Tensor out) {
    Raw.put(out.address(), (float) norm(x.address(), x.size()));
  }

  private double norm(long x, long count) {
    int pieces = Shares.of(count);
    if (partial.length < pieces) {
      partial = new double[pieces];
    }
    double[] sums = partial;
    shares.over(count, (share, o, size) -> sums[share] = loops.sumOfSquares(x + o, size));
    double sum = 0;
    for (int share = 0; share < pieces; share++) {
      sum += sums[share];
    }
    return Math.sqrt(sum);
  }
}
