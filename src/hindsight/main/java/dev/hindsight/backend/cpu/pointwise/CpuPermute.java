package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Permute;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.function.IntConsumer;

/// Columns in another order, some rows of y a share. A row is in the cache while its numbers change
/// places.
public final class CpuPermute implements Permute {
  /// Numbers of a share.
  private static final int SHARE = 1 << 14;

  private final Engine engine;

  public CpuPermute(Engine engine) {
    this.engine = engine;
  }

  /// Where the indices are. Looks at each first, once: one that is none would read, or write, any
  /// memory.
  private static long checked(Tensor columns) {
    int count = Math.toIntExact(columns.size());
    for (int k = 0; k < count; k++) {
      int value = Native.getInt(columns.address(), k);
      if (value < 0 || value >= count) {
        throw new IllegalArgumentException(
            "permute: columns must be from 0 to %d but number %d of them is %d"
                .formatted(count - 1, k, value));
      }
    }
    return columns.address();
  }

  @Override
  public void forward(Tensor x, Tensor columns, Tensor y) {
    long at = checked(columns);
    Matrix from = engine.matrix(x);
    Matrix to = engine.matrix(y);
    Stored stored = to.stored();
    forRows(
        to,
        n -> {
          long in = from.row(n);
          long out = to.row(n);
          for (int i = 0; i < to.columns(); i++) {
            stored.put(stored.at(out, i), stored.get(stored.at(in, Native.getInt(at, i))));
          }
        });
  }

  @Override
  public void backward(Tensor dy, Tensor columns, Gradient dx) {
    long at = checked(columns);
    Matrix from = engine.matrix(dy);
    Matrix to = engine.matrix(dx.tensor());
    Stored stored = to.stored();
    boolean fresh = dx.fresh();
    forRows(
        from,
        n -> {
          long in = from.row(n);
          long out = to.row(n);
          for (int i = 0; i < from.columns(); i++) {
            long place = stored.at(out, Native.getInt(at, i));
            float value = stored.get(stored.at(in, i));
            stored.put(place, fresh ? value : stored.get(place) + value);
          }
        });
  }

  private void forRows(Matrix all, IntConsumer row) {
    int most = Math.max(1, SHARE / all.columns());
    engine.runBlocks(
        all.rows(),
        most,
        (first, count, _) -> {
          for (int n = first; n < first + count; n++) {
            row.accept(n);
          }
        });
  }
}
