package dev.hindsight.backend.cpu;

import dev.hindsight.backend.SwapAxes;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Swapped axes, a share for each row of the result.
final class CpuSwapAxes implements SwapAxes {
  private final Engine engine;

  CpuSwapAxes(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(Tensor x, Tensor y) {
    swap(engine.stored(x), x.dim(0), x.dim(1), x.channels(), x.address(), y.address(), false);
  }

  @Override
  public void backward(Tensor dy, Gradient dx) {
    Tensor x = dx.tensor();
    swap(engine.stored(x), x.dim(1), x.dim(0), x.channels(), dy.address(), engine.begun(dx), true);
  }

  /// y (b,a,c) = x (a,b,c), or y += that when `add`.
  private void swap(Stored stored, int a, int b, int c, long x, long y, boolean add) {
    engine.scratch().reserve(stored.room(2L * c));
    engine
        .workers()
        .run(
            b,
            (row, worker) -> {
              for (int k = 0; k < a; k++) {
                long from = stored.at(x, (long) k * b + row, c, 0);
                long to = stored.at(y, (long) row * a + k, c, 0);
                if (add) {
                  long room = engine.scratch().of(worker);
                  long floats = stored.fetch(from, room, c);
                  stored.round(true, floats, to, c, Raw.at(room, c));
                } else {
                  stored.copy(from, to, c);
                }
              }
            });
  }
}
