package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Add;
import dev.hindsight.tensor.Tensor;

/// Sums, share by share.
final class CpuAdd implements Add {
  private final Engine engine;
  private final Loops loops;
  private final Shares shares;
  private final Copies copies;

  CpuAdd(Engine engine, Copies copies) {
    this.engine = engine;
    this.loops = engine.loops();
    this.shares = new Shares(engine.workers());
    this.copies = copies;
  }

  @Override
  public void forward(Tensor a, Tensor b, Tensor y) {
    add(engine.in(a), engine.in(b), engine.out(y), y.size());
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    long from = engine.in(src);
    if (engine.overwrites(dst)) {
      copies.copy(from, dst.address(), dst.size());
    } else {
      add(dst.address(), from, dst.address(), dst.size());
    }
  }

  private void add(long a, long b, long y, long count) {
    if (Shares.isOne(count)) {
      loops.add(a, b, y, count);
      return;
    }
    shares.over(count, (share, o, size) -> loops.add(a + o, b + o, y + o, size));
  }
}
