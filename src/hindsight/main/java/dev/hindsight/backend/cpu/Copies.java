package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.Tensor;

/// Fills and copies inside this backend's memory.
final class Copies {
  private final Engine engine;
  private final Shares shares;

  Copies(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine.workers());
  }

  void fill(Tensor dst, float value) {
    Loops loops = engine.loops();
    long to = engine.out(dst);
    if (Shares.isOne(dst.size())) {
      loops.fill(value, to, dst.size());
      return;
    }
    shares.over(dst.size(), (share, o, size) -> loops.fill(value, to + o, size));
  }

  void copy(Tensor src, Tensor dst) {
    copy(src.address(), engine.out(dst), src.size());
  }

  void copy(long from, long to, long count) {
    if (Shares.isOne(count)) {
      Raw.copy(from, to, count);
      return;
    }
    shares.over(count, (share, o, size) -> Raw.copy(from + o, to + o, size));
  }

  /// Every row's float; so few that one thread is best.
  void copyColumn(Tensor src, int from, Tensor dst, int to) {
    long in = Raw.at(src.address(), from);
    long out = Raw.at(engine.out(dst), to);
    for (int n = 0; n < src.rows(); n++) {
      Raw.put(Raw.at(out, n, dst.channels(), 0), Raw.get(Raw.at(in, n, src.channels(), 0)));
    }
  }
}
