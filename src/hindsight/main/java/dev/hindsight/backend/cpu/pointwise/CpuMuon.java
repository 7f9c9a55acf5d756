package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Muon;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.Shares;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Muon's loops, share by share. The later of those over a share find it in the cache.
public final class CpuMuon implements Muon {
  private final Engine engine;
  private final Shares shares;

  public CpuMuon(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  @Override
  public void newtonSchulz(Tensor a, Tensor square, boolean first, Tensor y) {
    int n = a.channels();
    double s = first ? 1 / (Math.sqrt(trace(a.address(), n)) + 1e-7) : 1;
    float linear = (float) (-4.7750 * Math.pow(s, 3));
    float quadratic = (float) (2.0315 * Math.pow(s, 5));
    float constant = (float) (3.4445 * s);
    long to = y.address();
    shares.over(
        y.size(),
        (_, o, size) -> {
          Loops.fill(0, to + o, size);
          Loops.addScaled(linear, a.address() + o, to + o, size);
          Loops.addScaled(quadratic, square.address() + o, to + o, size);
        });
    for (long i = 0; i < n; i++) {
      long at = i * (n + 1);
      Native.put(to, at, Native.get(to, at) + constant);
    }
  }

  private static double trace(long a, int n) {
    double sum = 0;
    for (long i = 0; i < n; i++) {
      sum += Native.get(a, i * (n + 1));
    }
    return sum;
  }

  @Override
  public void step(
      Tensor w,
      @Nullable Tensor rounded,
      Tensor direction,
      Tensor numbers,
      float decay,
      float scale) {
    float rate = Native.get(numbers.address(), 1);
    Matrix copy = engine.matrixOrNull(rounded);
    shares.over(
        w.size(),
        (_, o, size) -> {
          long weights = w.address() + o;
          Loops.addScaled(-rate * decay, weights, weights, size);
          Loops.addScaled(-rate * scale, direction.address() + o, weights, size);
          if (copy != null) {
            long to = copy.stored().at(copy.address(), o / Float.BYTES);
            copy.stored().round(weights, to, size);
          }
        });
  }
}
