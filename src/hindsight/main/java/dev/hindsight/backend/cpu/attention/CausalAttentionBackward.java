package dev.hindsight.backend.cpu.attention;

import static dev.hindsight.backend.cpu.attention.AttentionTiles.AREA;
import static dev.hindsight.backend.cpu.attention.AttentionTiles.HALF;
import static dev.hindsight.backend.cpu.attention.AttentionTiles.TILE;

import dev.hindsight.backend.cpu.attention.AttentionTiles.Head;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.AttentionLoops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// The gradients of [CausalAttentionForward], over the same tiles: probabilities are computed again
/// from scores and their logarithmic sum, so that two tiles are all there is of the (T,T) matrices.
final class CausalAttentionBackward {
  // of each query of a block, TILE floats of each
  private static final int LSE = 0;
  private static final int DELTA = TILE;
  private static final int NUMBERS = 2 * TILE;

  private final Engine engine;

  CausalAttentionBackward(Engine engine) {
    this.engine = engine;
  }

  /// One head.
  ///
  /// @param down floats of its gradients
  /// @param add whether there is something to add to
  /// @param own the thread's tiles of probabilities and of their gradients, then the numbers
  /// @param rounded room for both tiles as factors of a product
  private record Work(Head head, Head down, boolean add, Matrix dy, long own, long rounded) {
    long gradients() {
      return Native.at(own, AREA);
    }

    long numbers() {
      return Native.at(own, 2 * AREA);
    }
  }

  void run(Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv) {
    int length = qkv.dim(1);
    Matrix in = engine.matrix(qkv);
    Matrix out = engine.matrix(y);
    Matrix up = engine.matrix(dy);
    Matrix gradients = engine.matrix(dqkv.tensor());
    boolean add = Engine.adds(dqkv);
    int width = out.columns() / heads;
    long matrix = (long) length * width;
    long most = 2 * AREA + NUMBERS;
    engine.scratch().reserve(most + in.stored().room(AREA + 3 * matrix));
    long logSums = lse.address();
    long deltas = delta.address();
    engine.run(
        qkv.dim(0) * heads,
        (share, worker) -> {
          Head head = Head.of(in, length, heads, share);
          Head gradient = Head.of(gradients, length, heads, share);
          Matrix error = AttentionTiles.head(up, length, heads, share);
          long own = engine.own(worker);
          long rounded = Native.at(own, most);
          long room = Native.at(rounded, AREA);
          Matrix result = AttentionTiles.head(out, length, heads, share);
          long dots = Native.at(deltas, share, length, 0);
          dots(result, error, dots, room);
          Head down = gradient.floats(room);
          if (add) {
            gradient.fetch(down);
          }
          // In a block of one query no place above the diagonal is ever multiplied.
          boolean finite =
              AttentionTiles.allFinite(error)
                  && AttentionTiles.allFinite(head.q())
                  && AttentionTiles.allFinite(head.k())
                  && AttentionTiles.allFinite(head.v());
          if (!finite && !add) {
            down.q().clear();
            down.k().clear();
            down.v().clear();
          }
          Work work = new Work(head, down, add || !finite, error, own, rounded);
          int tallest = finite ? TILE : 1;
          for (int row = 0; row < length; row += tallest) {
            int count = Math.min(tallest, length - row);
            Native.copy(
                Native.at(logSums, share, length, row), Native.at(work.numbers(), LSE), count);
            Native.copy(Native.at(dots, row), Native.at(work.numbers(), DELTA), count);
            block(work, row, count);
          }
          gradient.store(down);
        });
  }

  /// `dots[t]` = row t of a · row t of b
  ///
  /// @param room for the floats of both
  private void dots(Matrix a, Matrix b, long dots, long room) {
    Matrix left = a.floats(room);
    Matrix right = b.floats(Native.at(room, (long) a.rows() * a.columns()));
    a.fetch(left);
    b.fetch(right);
    AttentionLoops.dots(
        left.address(), left.pitch(), right.address(), right.pitch(), a.rows(), a.columns(), dots);
  }

  private void block(Work w, int row, int count) {
    int key = 0;
    for (; key + TILE <= row; key += TILE) {
      tile(w, key, TILE, row, count, w.numbers());
    }
    int first = row + count - key; // a block of one query begins anywhere in a tile
    int half = count == 1 ? first : Math.min(HALF, first);
    tile(w, key, half, row, count, w.numbers());
    if (half < first) {
      tile(w, row + half, count - half, row + half, count - half, Native.at(w.numbers(), half));
    }
  }

  private void tile(Work w, int key, int keys, int row, int count, long numbers) {
    Stored stored = w.dy.stored();
    Matrix probabilities = AttentionTiles.tile(stored, w.own, keys, count);
    Matrix gradients = AttentionTiles.tile(stored, w.gradients(), keys, count);
    Matrix queries = w.head.q().rows(row, count);
    Matrix ups = w.dy.rows(row, count);
    probabilities.set(w.head.k().rows(key, keys), queries.transpose());
    gradients.set(w.head.v().rows(key, keys), ups.transpose());
    slopes(key == row, w, keys, count, numbers);
    boolean met = w.add || row > key; // those on the diagonal are the first of their keys
    Matrix p = AttentionTiles.factors(stored, probabilities, w.rounded);
    Matrix slopes = AttentionTiles.factors(stored, gradients, stored.at(w.rounded, AREA));
    w.down.v().rows(key, keys).product(met, p, ups);
    w.down.k().rows(key, keys).product(met, slopes, queries);
    w.down
        .q()
        .rows(row, count)
        .product(w.add || key > 0, slopes.transpose(), w.head.k().rows(key, keys));
  }

  /// Scores and gradients of probabilities to probabilities and gradients of scores.
  private void slopes(boolean diagonal, Work w, int keys, int count, long numbers) {
    long p = w.own;
    long dp = w.gradients();
    AttentionLoops.slopeColumns(
        p,
        dp,
        keys,
        count,
        TILE,
        w.head.scale(),
        Native.at(numbers, LSE),
        Native.at(numbers, DELTA));
    if (diagonal) {
      AttentionTiles.hide(0, p, keys);
      AttentionTiles.hide(0, dp, keys);
    }
    for (int query = 0; query < count; query++) {
      if (Native.get(numbers, LSE + query) == Float.NEGATIVE_INFINITY) {
        for (int key = 0; key < keys; key++) {
          Native.put(Native.at(p, key, TILE, query), 0);
          Native.put(Native.at(dp, key, TILE, query), 0);
        }
      }
    }
  }
}
