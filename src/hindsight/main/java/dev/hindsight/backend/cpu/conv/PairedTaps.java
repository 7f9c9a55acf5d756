package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;

/// Minimal filtering F(2, 2) along a causal convolution of two taps, `y[t] = w·x[t] + v·x[t-d]`: the
/// outputs of two positions that are a dilation d apart by three products instead of four (Winograd
/// 1980; of convolutions Lavin & Gray 2015, arXiv 1509.09308),
///
///     p = v·(x[t-d] - x[t])   m = (v + w)·x[t]   q = w·(x[t+d] - x[t])
///     y[t] = p + m            y[t+d] = m + q
///
/// Each output is computed from what it may see alone, so neither rounding nor NaN tells it anything
/// of what is later. No form of which that holds takes fewer: a position for which there is a single
/// new product spends it on w times its own x, so that the next one needs v times that and a product
/// of its own.
///
/// `dx[t] = wᵀ·dy[t] + vᵀ·dy[t+d]` is the same convolution with the time running backwards. The
/// gradients of the weights are plain products: p and q are larger than what they add up to, and in
/// sums over a sequence that rounds up to twice as much as is allowed.
///
/// The first d positions see nothing earlier. From then on d of them and the d that follow are
/// pairs; at the end some have no partner. These and the first are rows of the products that they
/// need, `v·x[t-d]` and `w·x[t]`, as they are.
///
/// @param length of the sequence
public record PairedTaps(int length, int dilation) {
  /// Positions of a tile, about: what is multiplied and what comes of it stay in a core's own
  /// cache. The longest dilation, too.
  private static final int ROWS = 256;

  /// Of 64 a block takes as long as before, of 96 a little less.
  private static final int LEAST_CHANNELS = 96;

  /// Of a sequence: fewer rows are too few for a product.
  private static final int LEAST_PAIRS = 64;

  /// Whether a convolution of two taps takes at most seven eighths of the multiplications, in
  /// products that are large enough.
  static boolean pays(Stored stored, int length, int dilation, int inputs, int outputs) {
    if (!stored.inPlace()
        || Math.min(inputs, outputs) < LEAST_CHANNELS
        || dilation > ROWS
        || length <= 2 * dilation) {
      return false;
    }
    int pairs = Places.of(0, length, dilation).pairs();
    return pairs >= LEAST_PAIRS && 8 * pairs >= 2 * length - dilation;
  }

  /// For people: what computes.
  public static String describe() {
    return "two taps by F(2, 2)";
  }

  // ---- tiles, which part no pair

  /// Positions from the end of a tile to that of the next.
  private int step() {
    return 2 * dilation * Math.max(1, ROWS / (2 * dilation));
  }

  /// What is left at the end is a tile of its own where it is half of one.
  int tiles() {
    return Math.max(1, (length - dilation + step() / 2) / step());
  }

  private int begin(int tile) {
    return tile == 0 ? 0 : dilation + tile * step();
  }

  private int end(int tile) {
    return tile == tiles() - 1 ? length : dilation + (tile + 1) * step();
  }

  /// The first row of a tile.
  ///
  /// @param back whether time runs backwards, from the last row
  int row(boolean back, int tile) {
    return back ? length - end(tile) : begin(tile);
  }

  int rows(int tile) {
    return end(tile) - begin(tile);
  }

  int mostRows() {
    return Math.max(rows(0), rows(tiles() - 1));
  }

  /// Positions of a tile in the order of time.
  ///
  /// @param first see nothing earlier; they begin at 0
  /// @param base where the pairs begin, d of them with d positions between them and the next
  /// @param last where those alone begin, which have no partner; they end the tile
  private record Places(int first, int base, int pairs, int last, int alone) {
    static Places of(int begin, int end, int dilation) {
      int base = Math.max(begin, dilation);
      int rest = (end - base) % (2 * dilation);
      int over = Math.max(0, rest - dilation);
      int pairs = (end - base - rest) / 2 + over;
      return new Places(base - begin, base, pairs, end - rest + over, rest - 2 * over);
    }

    /// Rows of the longest product.
    int most() {
      return first + pairs + alone;
    }
  }

  /// The row at which so many positions begin in memory.
  private int row(boolean back, int position, int count) {
    return back ? length - position - count : position;
  }

  // ---- the products of a tile

  /// Floats that a thread needs for [#filter].
  long room(int depth, int columns) {
    int most = 0;
    for (int tile = 0; tile < tiles(); tile++) {
      most = Math.max(most, Places.of(begin(tile), end(tile), dilation).most());
    }
    return (long) most * (depth + 2 * columns);
  }

  /// A convolution's two taps, each (depth, columns), and their sum.
  record Weights(Matrix taps, Matrix both) {
    /// What an earlier x is multiplied by.
    private Matrix earlier() {
      return taps.rows(0, both.rows());
    }

    private Matrix own() {
      return taps.rows(both.rows(), both.rows());
    }
  }

  /// out = x filtered over the rows of a tile, or, `back`, out += that.
  ///
  /// @param back for dx from dy: time runs backwards
  /// @param x all rows
  /// @param out all rows, of which those of the tile are there
  /// @param room [#room]
  void filter(boolean back, int row, int rows, Matrix x, Weights weights, Matrix out, long room) {
    int begin = row(back, row, rows);
    Places z = Places.of(begin, begin + rows, dilation);
    Matrix seen = Matrix.dense(x.stored(), room, z.most(), x.columns());
    Matrix middle = Matrix.dense(x.stored(), seen.row(z.most()), z.most(), out.columns());
    Matrix part = Matrix.dense(x.stored(), middle.row(z.most()), z.most(), out.columns());
    takePairs(back, z, x, seen);
    product(z.pairs(), seen, weights.both(), middle);
    takeEarlier(back, z, x, seen);
    product(z.pairs() + z.alone(), seen, weights.earlier(), part);
    join(back, z, 0, middle, part.address(), out);
    put(back, back, z.last(), z.alone(), part.row(z.pairs()), out);
    takeOwn(back, z, x, seen);
    product(z.most(), seen, weights.own(), part);
    put(back, true, z.last(), z.alone(), part.address(), out);
    join(back, z, dilation, middle, part.row(z.alone()), out);
    put(back, back, 0, z.first(), part.row(z.alone() + z.pairs()), out);
  }

  private static void product(int rows, Matrix seen, Matrix weights, Matrix out) {
    if (rows > 0) {
      out.rows(0, rows).set(seen.rows(0, rows), weights);
    }
  }

  /// Of pairs: `x[t]`
  private void takePairs(boolean back, Places z, Matrix x, Matrix to) {
    for (int k = 0; k < z.pairs(); k += dilation) {
      take(back, z.base() + 2 * k, Math.min(dilation, z.pairs() - k), x, to.row(k));
    }
  }

  /// Of pairs: `x[t-d] - x[t]`; then `x[t-d]` of those alone
  private void takeEarlier(boolean back, Places z, Matrix x, Matrix to) {
    differences(back, z, -dilation, x, to.address());
    take(back, z.last() - dilation, z.alone(), x, to.row(z.pairs()));
  }

  /// `x[t]` of those alone; of pairs: `x[t+d] - x[t]`; then `x[t]` of the first
  private void takeOwn(boolean back, Places z, Matrix x, Matrix to) {
    take(back, z.last(), z.alone(), x, to.address());
    differences(back, z, dilation, x, to.row(z.alone()));
    take(back, 0, z.first(), x, to.row(z.alone() + z.pairs()));
  }

  private void take(boolean back, int position, int count, Matrix x, long to) {
    Native.copy(x.row(row(back, position, count)), to, (long) count * x.columns());
  }

  private void differences(boolean back, Places z, int shift, Matrix x, long to) {
    for (int k = 0; k < z.pairs(); k += dilation) {
      int count = Math.min(dilation, z.pairs() - k);
      long one = x.row(row(back, z.base() + 2 * k, count));
      long other = x.row(row(back, z.base() + 2 * k + shift, count));
      long at = Native.at(to, k, x.columns(), 0);
      Loops.subtract(other, one, at, (long) count * x.columns());
    }
  }

  /// Out of one of each pair = m and another product, or, `back`, += them.
  ///
  /// @param shift from the first of a pair to that one
  private void join(boolean back, Places z, int shift, Matrix middle, long other, Matrix out) {
    for (int k = 0; k < z.pairs(); k += dilation) {
      int count = Math.min(dilation, z.pairs() - k);
      long floats = (long) count * out.columns();
      long o = Native.at(other, k, out.columns(), 0);
      long to = out.row(row(back, z.base() + 2 * k + shift, count));
      Loops.add(middle.row(k), back ? to : o, to, floats);
      if (back) {
        Loops.add(to, o, to, floats);
      }
    }
  }

  /// Out = some rows, or += them.
  private void put(boolean back, boolean add, int position, int count, long from, Matrix out) {
    long to = out.row(row(back, position, count));
    if (add) {
      Loops.add(to, from, to, (long) count * out.columns());
    } else {
      Native.copy(from, to, (long) count * out.columns());
    }
  }
}
