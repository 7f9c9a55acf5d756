package dev.hindsight.backend.cpu;

import static dev.hindsight.backend.cpu.AttentionTiles.AREA;
import static dev.hindsight.backend.cpu.AttentionTiles.HALF;
import static dev.hindsight.backend.cpu.AttentionTiles.TILE;

import dev.hindsight.backend.cpu.AttentionTiles.Head;
import dev.hindsight.backend.cpu.AttentionTiles.Matrix;
import dev.hindsight.tensor.ElementType;
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
  private final AttentionTiles tiles;
  private final AttentionLoops columns;

  CausalAttentionBackward(Engine engine) {
    this.engine = engine;
    this.tiles = new AttentionTiles(engine);
    this.columns = engine.loops().attention();
  }

  /// One head.
  ///
  /// @param down floats of its gradients
  /// @param add whether there is something to add to
  /// @param queries its queries (D,T); `ups` likewise the gradient of its result
  /// @param p a tile of probabilities
  /// @param slopes a tile of their gradients
  /// @param rounded room for both as factors of a product
  private record Work(
      Head head,
      Head down,
      boolean add,
      Matrix dy,
      long queries,
      long ups,
      long p,
      long slopes,
      long rounded,
      long numbers) {}

  void run(Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv) {
    int length = qkv.dim(1);
    int channels = y.channels();
    int width = channels / heads;
    long matrix = (long) length * width;
    Stored stored = engine.stored(qkv);
    Stored fp32 = engine.stored(ElementType.FP32);
    long most = 2 * AREA + 2 * matrix + NUMBERS;
    engine.scratch().reserve(most + stored.room(AREA + 3 * matrix + 2L * width));
    long in = qkv.address();
    boolean add = Engine.adds(dqkv);
    long gradients = dqkv.tensor().address();
    long out = y.address();
    long up = dy.address();
    long logSums = lse.address();
    long deltas = delta.address();
    engine
        .workers()
        .run(
            qkv.dim(0) * heads,
            (share, worker) -> {
              Head head = Head.of(stored, in, length, channels, heads, share);
              Head gradient = Head.of(stored, gradients, length, channels, heads, share);
              Matrix result = Matrix.of(stored, out, length, channels, heads, share);
              Matrix error = Matrix.of(stored, up, length, channels, heads, share);
              long p = engine.scratch().of(worker);
              long rounded = Raw.at(p, most);
              Head down = gradient.floats(fp32, Raw.at(rounded, AREA));
              if (add) {
                gradient.fetch(down);
              }
              long queries = Raw.at(p, 2 * AREA);
              long ups = Raw.at(queries, matrix);
              head.q().transpose(queries);
              error.transpose(ups);
              long own = Raw.at(deltas, share, length, 0);
              dots(result, error, own, Raw.at(rounded, AREA + 3 * matrix));
              // In a block of one query no place above the diagonal is ever multiplied.
              boolean finite =
                  tiles.allFinite(error)
                      && tiles.allFinite(head.q())
                      && tiles.allFinite(head.k())
                      && tiles.allFinite(head.v());
              if (!finite && !add) {
                down.q().clear();
                down.k().clear();
                down.v().clear();
              }
              int tallest = finite ? TILE : 1;
              Work work =
                  new Work(
                      head,
                      down,
                      add || !finite,
                      error,
                      queries,
                      ups,
                      p,
                      Raw.at(p, AREA),
                      rounded,
                      Raw.at(ups, matrix));
              for (int row = 0; row < length; row += tallest) {
                int count = Math.min(tallest, length - row);
                Raw.copy(Raw.at(logSums, share, length, row), Raw.at(work.numbers, LSE), count);
                Raw.copy(Raw.at(own, row), Raw.at(work.numbers, DELTA), count);
                block(work, row, count);
              }
              gradient.store(down);
            });
  }

  /// `dots[t]` = row t of a · row t of b
  ///
  /// @param room for two rows
  private void dots(Matrix a, Matrix b, long dots, long room) {
    Stored stored = a.stored();
    int width = a.width();
    if (stored.inPlace()) {
      columns.dots(a.data(), a.pitch(), b.data(), b.pitch(), a.length(), width, dots);
      return;
    }
    for (int t = 0; t < a.length(); t++) {
      long left = stored.fetch(a.row(t), room, width);
      long right = stored.fetch(b.row(t), Raw.at(room, width), width);
      columns.dots(left, 0, right, 0, 1, width, Raw.at(dots, t));
    }
  }

  private void block(Work w, int row, int count) {
    int key = 0;
    for (; key + TILE <= row; key += TILE) {
      tile(w, key, TILE, row, count, w.numbers);
    }
    int first = row + count - key; // a block of one query begins anywhere in a tile
    int half = count == 1 ? first : Math.min(HALF, first);
    tile(w, key, half, row, count, w.numbers);
    if (half < first) {
      tile(w, row + half, count - half, row + half, count - half, Raw.at(w.numbers, half));
    }
  }

  private void tile(Work w, int key, int keys, int row, int count, long numbers) {
    AttentionTiles.product(w.head.k(), key, keys, w.queries, row, count, w.p);
    AttentionTiles.product(w.head.v(), key, keys, w.ups, row, count, w.slopes);
    slopes(w, key == row, keys, count, numbers);
    boolean met = w.add || row > key; // those on the diagonal are the first of their keys
    Stored stored = w.dy.stored();
    long p = AttentionTiles.factors(stored, w.p, keys, w.rounded);
    long next = stored.at(w.rounded, AREA);
    long slopes = AttentionTiles.factors(stored, w.slopes, keys, next);
    AttentionTiles.toKeys(met, p, w.dy, row, count, w.down.v(), key, keys);
    AttentionTiles.toKeys(met, slopes, w.head.q(), row, count, w.down.k(), key, keys);
    AttentionTiles.toQueries(
        w.add || key > 0, slopes, w.head.k(), key, keys, w.down.q(), row, count);
  }

  /// Scores and gradients of probabilities to probabilities and gradients of scores.
  private void slopes(Work w, boolean diagonal, int keys, int count, long numbers) {
    columns.slopeColumns(
        w.p,
        w.slopes,
        keys,
        count,
        TILE,
        w.head.scale(),
        Raw.at(numbers, LSE),
        Raw.at(numbers, DELTA));
    if (diagonal) {
      tiles.hide(0, w.p, keys);
      tiles.hide(0, w.slopes, keys);
    }
    for (int query = 0; query < count; query++) {
      if (Raw.get(Raw.at(numbers, LSE + query)) == Float.NEGATIVE_INFINITY) {
        clearColumn(w.p, keys, query);
        clearColumn(w.slopes, keys, query);
      }
    }
  }

  private static void clearColumn(long tile, int keys, int query) {
    for (int key = 0; key < keys; key++) {
      Raw.put(Raw.at(AttentionTiles.place(tile, key), query), 0);
    }
  }
}
