package dev.hindsight.backend.cpu;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;

/// Fills and copies inside this backend's memory.
final class Copies {
  private final Engine engine;
  private final Shares shares;

  Copies(Engine engine) {
    this.engine = engine;
    this.shares = new Shares(engine);
  }

  void fill(Tensor dst, float value) {
    fill(engine.stored(dst), value, dst.address(), dst.size());
  }

  private void fill(Stored stored, float value, long to, long count) {
    Loops loops = engine.loops();
    if (Shares.isOne(stored, count)) {
      loops.fill(value, to, count);
      return;
    }
    shares.over(
        stored,
        1,
        count,
        (room, o, size) -> {
          long at = stored.at(to, o);
          long floats = stored.floats(at, room);
          loops.fill(value, floats, size);
          stored.store(floats, at, size);
        });
  }

  void copy(Tensor src, Tensor dst) {
    Stored stored = engine.stored(dst);
    if (src.type() == dst.type()) {
      copy(stored, src.address(), dst.address(), src.size());
    } else if (src.type() == ElementType.FP32) {
      round(stored, src.address(), dst.address(), src.size());
    } else {
      throw new IllegalArgumentException(
          "cpu: %s cannot be copied onto %s, which is of another type".formatted(src, dst));
    }
  }

  private void copy(Stored stored, long from, long to, long count) {
    if (Shares.isOne(count)) {
      stored.copy(from, to, count);
      return;
    }
    shares.over(
        stored,
        0,
        count,
        (room, o, size) -> stored.copy(stored.at(from, o), stored.at(to, o), size));
  }

  private void round(Stored stored, long from, long to, long count) {
    shares.over(
        stored, 0, count, (room, o, size) -> stored.round(Raw.at(from, o), stored.at(to, o), size));
  }

  /// Some numbers of every row; so few that one thread is best.
  void copyColumns(Tensor src, int from, Tensor dst, int to, int count) {
    Stored stored = engine.stored(dst);
    long in = stored.at(src.address(), from);
    long out = stored.at(dst.address(), to);
    for (int n = 0; n < src.rows(); n++) {
      stored.copy(stored.at(in, n, src.channels(), 0), stored.at(out, n, dst.channels(), 0), count);
    }
  }
}
