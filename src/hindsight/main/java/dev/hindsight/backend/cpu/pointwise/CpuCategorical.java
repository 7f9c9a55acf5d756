package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Categorical;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.AttentionLoops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.tensor.Tensor;

/// Values of classes drawn from their logits.
public final class CpuCategorical implements Categorical {
  private static final int AS_A_PIXEL = 8; // exponentials that take as long as a draw of two values

  private final Engine engine;
  private final Draws draws;

  public CpuCategorical(Engine engine) {
    this.engine = engine;
    this.draws = new Draws(engine);
  }

  @Override
  public void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    WarmUp.CLASSES.before();
    int size = pixels.channels();
    int classes = Math.toIntExact(logits.size() / pixels.size());
    engine.scratch().reserve(classes);
    long l = logits.address();
    long out = pixels.address();
    long work = (to - from) * (1L + classes / AS_A_PIXEL);
    draws.overRows(
        draw,
        pixels.rows(),
        work,
        (row, worker) -> {
          for (int d = from; d < to; d++) {
            long index = (long) row * size + d;
            long e = engine.own(worker);
            float sum = softmax(Native.at(l, index * classes), temperature, classes, e);
            float u = draws.uniform(index, size, worker);
            Native.put(out, index, first(e, classes, (double) u * sum));
          }
        });
  }

  /// e = the softmax but for its sum, which it returns.
  private float softmax(long l, float temperature, int classes, long e) {
    float scale = 1 / temperature;
    return AttentionLoops.exponentials(
        l, scale, AttentionLoops.largest(l, scale, classes), e, classes);
  }

  /// The first class up to which more than `u` has been summed.
  private static int first(long e, int classes, double u) {
    double sum = 0;
    for (int v = 0; v < classes - 1; v++) {
      sum += Native.get(e, v);
      if (u < sum) {
        return v;
      }
    }
    return classes - 1;
  }
}
