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
    swap(x.dim(0), x.dim(1), x.channels(), x.address(), engine.out(y), false);
  }

  @Override
  public void backward(Tensor dy, Gradient dx) {
    Tensor x = dx.tensor();
    swap(x.dim(1), x.dim(0), x.channels(), dy.address(), engine.begun(dx), true);
  }

  /// y (b,a,c) = x (a,b,c), or y += that when `add`.
  private void swap(int a, int b, int c, long x, long y, boolean add) {
    Loops loops = engine.loops();
    engine
        .workers()
        .run(
            b,
            (row, worker) -> {
              for (int k = 0; k < a; k++) {
                long from = Raw.at(x, (long) k * b + row, c, 0);
                long to = Raw.at(y, (long) row * a + k, c, 0);
                if (add) {
                  loops.add(to, from, to, c);
                } else {
                  Raw.copy(from, to, c);
                }
              }
            });
  }
}
