package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Add;
import dev.hindsight.tensor.Tensor;

/// Sums, share by share.
final class CpuAdd implements Add {
  private final Engine engine;
  private final Loops loops;
  private final Shares shares;

  CpuAdd(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.shares = new Shares(engine.workers());
  }

  @Override
  public void forward(Tensor a, Tensor b, Tensor y) {
    add(a.address(), b.address(), engine.out(y), y.size());
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    long sum = engine.out(dst);
    add(sum, src.address(), sum, dst.size());
  }

  private void add(long a, long b, long y, long count) {
    if (Shares.isOne(count)) {
      loops.add(a, b, y, count);
      return;
    }
    shares.over(count, (share, o, size) -> loops.add(a + o, b + o, y + o, size));
  }
}
