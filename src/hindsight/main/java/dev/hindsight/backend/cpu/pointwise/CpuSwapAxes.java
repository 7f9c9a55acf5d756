package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.SwapAxes;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Swapped axes, a share for each row of the result.
public final class CpuSwapAxes implements SwapAxes {
  private final Engine engine;

  public CpuSwapAxes(Engine engine) {
    this.engine = engine;
  }

  @Override
  public void forward(Tensor x, Tensor y) {
    swap(false, x.dim(0), engine.matrix(x), y.address());
  }

  @Override
  public void backward(Tensor dy, Gradient dx) {
    Matrix down = engine.begun(dx);
    Matrix up = Matrix.dense(down.stored(), dy.address(), down.rows(), down.columns());
    swap(true, dx.tensor().dim(1), up, down.address());
  }

  /// y (b,a,c) = x (a,b,c), or y += that when `add`.
  private void swap(boolean add, int a, Matrix x, long y) {
    Stored stored = x.stored();
    int b = x.rows() / a;
    int c = x.columns();
    engine.scratch().reserve(stored.room(2L * c));
    engine.run(
        b,
        (row, worker) -> {
          for (int k = 0; k < a; k++) {
            long from = x.row(k * b + row);
            long to = stored.at(y, (long) row * a + k, c, 0);
            if (add) {
              long room = engine.own(worker);
              long floats = stored.fetch(from, room, c);
              stored.round(true, floats, to, c, Native.at(room, c));
            } else {
              stored.copy(from, to, c);
            }
          }
        });
  }
}
