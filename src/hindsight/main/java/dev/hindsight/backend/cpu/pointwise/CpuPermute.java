package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Permute;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Rows and columns in another order, some rows of y a share. A row is in the cache while its
/// numbers change places.
public final class CpuPermute implements Permute {
  /// Numbers of a share.
  private static final int SHARE = 1 << 14;

  private final Engine engine;

  public CpuPermute(Engine engine) {
    this.engine = engine;
  }

  /// What is at each place, from addresses of which 0 stands for what is as it was.
  private record Places(long rows, long columns, @Nullable Degrees degrees, int width) {
    /// Looks at every index first, once: one that is none would read, or write, any memory.
    static Places of(
        @Nullable Tensor rows, @Nullable Tensor columns, @Nullable Degrees degrees, int width) {
      requireIndices("rows", rows);
      requireIndices("columns", columns);
      return new Places(Engine.orZero(rows), Engine.orZero(columns), degrees, width);
    }

    private static void requireIndices(String name, @Nullable Tensor indices) {
      if (indices == null) {
        return;
      }
      int count = Math.toIntExact(indices.size());
      for (int k = 0; k < count; k++) {
        int value = Native.getInt(indices.address(), k);
        if (value < 0 || value >= count) {
          throw new IllegalArgumentException(
              "permute: %s must be from 0 to %d but number %d of them is %d"
                  .formatted(name, count - 1, k, value));
        }
      }
    }

    int row(int n) {
      return rows == 0 ? n : Native.getInt(rows, n);
    }

    int column(int i) {
      return Native.getInt(columns, i);
    }

    /// How many numbers of row `n` of y exist; they are its first ones.
    int live(int n) {
      return degrees == null ? width : degrees.live(n);
    }
  }

  @Override
  public void forward(
      Tensor x,
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Degrees degrees,
      Tensor y) {
    Places places = Places.of(rows, columns, degrees, y.channels());
    Matrix from = engine.matrix(x);
    Matrix to = engine.matrix(y);
    forRows(to, n -> forward(to.stored(), places, n, from.row(places.row(n)), to.row(n)));
  }

  private static void forward(Stored stored, Places places, int n, long x, long y) {
    int live = places.live(n);
    if (places.columns == 0) {
      stored.copy(x, y, live);
    } else {
      for (int i = 0; i < live; i++) {
        stored.put(stored.at(y, i), stored.get(stored.at(x, places.column(i))));
      }
    }
    stored.zero(stored.at(y, live), places.width - live);
  }

  @Override
  public void backward(
      Tensor dy,
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Degrees degrees,
      Gradient dx) {
    Places places = Places.of(rows, columns, degrees, dy.channels());
    Matrix from = engine.matrix(dy);
    Matrix to = engine.matrix(dx.tensor());
    boolean fresh = dx.fresh();
    forRows(from, n -> backward(to.stored(), places, n, from.row(n), to.row(places.row(n)), fresh));
  }

  private static void backward(
      Stored stored, Places places, int n, long dy, long dx, boolean fresh) {
    int live = places.live(n);
    if (fresh && live < places.width) {
      stored.zero(dx, places.width);
    }
    for (int i = 0; i < live; i++) {
      long at = stored.at(dx, places.columns == 0 ? i : places.column(i));
      float value = stored.get(stored.at(dy, i));
      stored.put(at, fresh ? value : stored.get(at) + value);
    }
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
