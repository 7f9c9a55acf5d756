package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Permute;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Rows and columns in another order, some rows of y a share. A row is in the cache while its
/// numbers change places.
final class CpuPermute implements Permute {
  /// Numbers of a share.
  private static final int SHARE = 1 << 14;

  private final Engine engine;

  CpuPermute(Engine engine) {
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
        float value = Raw.get(Raw.at(indices.address(), k));
        if (!(value >= 0 && value < count && value == (int) value)) {
          throw new IllegalArgumentException(
              "permute: %s must be whole numbers from 0 to %d but number %d of them is %s"
                  .formatted(name, count - 1, k, value));
        }
      }
    }

    int row(int n) {
      return rows == 0 ? n : index(rows, n);
    }

    int column(int i) {
      return index(columns, i);
    }

    private static int index(long indices, int k) {
      return (int) Raw.get(Raw.at(indices, k));
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
    int width = y.channels();
    Stored stored = engine.stored(y);
    Places places = Places.of(rows, columns, degrees, width);
    long from = x.address();
    long to = y.address();
    forRows(
        y.rows(),
        width,
        n ->
            forward(
                stored,
                places,
                n,
                stored.at(from, places.row(n), width, 0),
                stored.at(to, n, width, 0)));
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
    int width = dy.channels();
    Stored stored = engine.stored(dy);
    Places places = Places.of(rows, columns, degrees, width);
    long from = dy.address();
    long to = dx.tensor().address();
    forRows(
        dy.rows(),
        width,
        n ->
            backward(
                stored,
                places,
                n,
                stored.at(from, n, width, 0),
                stored.at(to, places.row(n), width, 0),
                dx.fresh()));
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

  @FunctionalInterface
  private interface Row {
    void run(int n);
  }

  private void forRows(int count, int width, Row row) {
    int most = Math.max(1, SHARE / width);
    engine
        .workers()
        .run(
            Math.ceilDiv(count, most),
            (share, _) -> {
              int end = Math.min(count, (share + 1) * most);
              for (int n = share * most; n < end; n++) {
                row.run(n);
              }
            });
  }
}
