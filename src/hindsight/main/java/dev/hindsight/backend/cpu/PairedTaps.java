package dev.hindsight.backend.cpu;

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
record PairedTaps(Gemm gemm, Loops loops, int length, int dilation) {
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
  static String describe() {
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

  /// out = x filtered, or += that when `add`, over the rows of a tile.
  ///
  /// @param back for dx from dy: time runs backwards
  /// @param x all rows, of `depth` floats
  /// @param v what an earlier x is multiplied by (depth, columns); w its own; sum of both
  /// @param out where row 0 is, or would be, of `columns` floats
  /// @param room [#room]
  void filter(
      boolean back,
      int row,
      int rows,
      long x,
      int depth,
      long v,
      long w,
      long sum,
      int columns,
      boolean add,
      long out,
      long room) {
    int begin = row(back, row, rows);
    Places z = Places.of(begin, begin + rows, dilation);
    long seen = room;
    long middle = Raw.at(seen, z.most(), depth, 0);
    long part = Raw.at(middle, z.most(), columns, 0);

    takePairs(back, z, x, depth, seen);
    product(z.pairs(), columns, depth, seen, sum, middle);

    takeEarlier(back, z, x, depth, seen);
    product(z.pairs() + z.alone(), columns, depth, seen, v, part);
    join(back, z, 0, middle, part, columns, add, out);
    put(back, z.last(), z.alone(), Raw.at(part, z.pairs(), columns, 0), columns, add, out);

    takeOwn(back, z, x, depth, seen);
    product(z.most(), columns, depth, seen, w, part);
    put(back, z.last(), z.alone(), part, columns, true, out);
    long later = Raw.at(part, z.alone(), columns, 0);
    join(back, z, dilation, middle, later, columns, add, out);
    put(back, 0, z.first(), Raw.at(later, z.pairs(), columns, 0), columns, add, out);
  }

  private void product(int rows, int columns, int depth, long seen, long weights, long out) {
    if (rows > 0) {
      gemm.multiply(
          false, false, rows, columns, depth, seen, depth, weights, columns, false, out, columns);
    }
  }

  /// Of pairs: x[t]
  private void takePairs(boolean back, Places z, long x, int channels, long to) {
    for (int k = 0; k < z.pairs(); k += dilation) {
      int count = Math.min(dilation, z.pairs() - k);
      take(back, z.base() + 2 * k, count, x, channels, Raw.at(to, k, channels, 0));
    }
  }

  /// Of pairs: x[t-d] - x[t]; then x[t-d] of those alone
  private void takeEarlier(boolean back, Places z, long x, int channels, long to) {
    differences(back, z, -dilation, x, channels, to);
    long ends = Raw.at(to, z.pairs(), channels, 0);
    take(back, z.last() - dilation, z.alone(), x, channels, ends);
  }

  /// x[t] of those alone; of pairs: x[t+d] - x[t]; then x[t] of the first
  private void takeOwn(boolean back, Places z, long x, int channels, long to) {
    take(back, z.last(), z.alone(), x, channels, to);
    long pairs = Raw.at(to, z.alone(), channels, 0);
    differences(back, z, dilation, x, channels, pairs);
    take(back, 0, z.first(), x, channels, Raw.at(pairs, z.pairs(), channels, 0));
  }

  private void take(boolean back, int position, int count, long x, int channels, long to) {
    long from = Raw.at(x, row(back, position, count), channels, 0);
    Raw.copy(from, to, (long) count * channels);
  }

  private void differences(boolean back, Places z, int shift, long x, int channels, long to) {
    for (int k = 0; k < z.pairs(); k += dilation) {
      int count = Math.min(dilation, z.pairs() - k);
      long one = Raw.at(x, row(back, z.base() + 2 * k, count), channels, 0);
      long other = Raw.at(x, row(back, z.base() + 2 * k + shift, count), channels, 0);
      loops.subtract(other, one, Raw.at(to, k, channels, 0), (long) count * channels);
    }
  }

  /// Out of one of each pair = m and another product, or += them.
  ///
  /// @param shift from the first of a pair to that one
  private void join(
      boolean back,
      Places z,
      int shift,
      long middle,
      long other,
      int channels,
      boolean add,
      long out) {
    for (int k = 0; k < z.pairs(); k += dilation) {
      int count = Math.min(dilation, z.pairs() - k);
      long floats = (long) count * channels;
      long m = Raw.at(middle, k, channels, 0);
      long o = Raw.at(other, k, channels, 0);
      long to = Raw.at(out, row(back, z.base() + 2 * k + shift, count), channels, 0);
      loops.add(m, add ? to : o, to, floats);
      if (add) {
        loops.add(to, o, to, floats);
      }
    }
  }

  /// Out = some rows, or += them.
  private void put(
      boolean back, int position, int count, long from, int channels, boolean add, long out) {
    long to = Raw.at(out, row(back, position, count), channels, 0);
    if (add) {
      loops.add(to, from, to, (long) count * channels);
    } else {
      Raw.copy(from, to, (long) count * channels);
    }
  }
}
