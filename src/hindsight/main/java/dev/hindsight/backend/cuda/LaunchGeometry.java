package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Degrees;

/// The launch geometry of every kernel, in one place, for a GPU of a given size.
///
/// Tiles are 64 x 64 and K advances 16 at a time (`tile.cuh`). A grid should have two blocks per
/// multiprocessor; where the tiles are less than half of that, as for a batch of 64, K is cut into
/// chunks, each of which a block of its own adds up, and a second kernel adds the chunks. Chunks
/// have the same length everywhere, so tiles that the staircase shortens have fewer of them and all
/// blocks have the same work.
final class LaunchGeometry {
  static final int TILE = 64;
  static final int STEP = 16;

  /// A chunk is at least 64 long, or the sum of the chunks costs more than it saves.
  private static final int SHORTEST_CHUNK = 4;

  /// K below 256 is not cut: the second kernel would take longer than what it saves.
  private static final int SHORTEST_CUT = 16;

  /// Columns up to which a dot product per warp beats a tile.
  static final int NARROW = 16;

  /// Dynamic shared memory that every GPU gives a block without being asked, less some static.
  private static final int SHARED_FLOATS = (48 << 10) / Float.BYTES - 64;

  private final int target;

  LaunchGeometry(int multiprocessors) {
    this.target = 2 * multiprocessors;
  }

  /// @param tiles blocks side by side
  /// @param chunks pieces of the longest K; more than one needs the second pass
  /// @param chunk steps of 16 per piece
  record Tiles(int tiles, int chunks, int chunk) {}

  /// Slots of 64 x 64 floats for the chunks of one product.
  int slots() {
    return 4 * target;
  }

  /// C (rows, cols) with the same K for every tile.
  Tiles tiles(int rows, int cols, int k) {
    long tiles = (long) count(rows) * count(cols);
    int steps = steps(k);
    return cut(tiles, steps, tiles * steps);
  }

  /// K of one tap of a convolution, none of whose steps reaches into the next tap.
  static int wholeSteps(int channels) {
    return steps(channels) * STEP;
  }

  /// Rows of one tap in a gradient of weights, none of whose tiles reaches into the next tap.
  static int wholeTiles(int channels) {
    return count(channels) * TILE;
  }

  /// y, columns `from .. to - 1`: K ends at the last input that a column tile sees.
  Tiles maskedY(int rows, Degrees degrees, int from, int to) {
    int longest = 0;
    long total = 0;
    for (int o = from; o < to; o += TILE) {
      int steps = steps(degrees.live(Math.min(o + TILE, to) - 1));
      longest = Math.max(longest, steps);
      total += steps;
    }
    return cut((long) count(rows) * count(to - from), longest, total * count(rows));
  }

  /// dx: K begins, at a multiple of 16, with the first output that sees a column tile.
  Tiles maskedDx(int rows, Degrees degrees) {
    int longest = 0;
    long total = 0;
    for (int i = 0; i < degrees.inputs(); i += TILE) {
      int steps = steps(degrees.outputs() - degrees.firstOutput(i) / STEP * STEP);
      longest = Math.max(longest, steps);
      total += steps;
    }
    return cut((long) count(rows) * count(degrees.inputs()), longest, total * count(rows));
  }

  /// dw: tiles above the staircase end at once, the others run over the whole batch.
  Tiles maskedDw(int rows, Degrees degrees) {
    long live = 0;
    for (int o = 0; o < degrees.outputs(); o += TILE) {
      live += count(degrees.live(Math.min(o + TILE, degrees.outputs()) - 1));
    }
    long tiles = (long) count(degrees.outputs()) * count(degrees.inputs());
    return cut(tiles, steps(rows), live * steps(rows));
  }

  private Tiles cut(long tiles, int longest, long total) {
    int chunk = Math.max(1, longest);
    boolean halfIdle = 2 * total <= (long) target * longest;
    if (tiles > 0 && longest >= SHORTEST_CUT && halfIdle && 2 * tiles <= slots()) {
      int wanted = Math.max(SHORTEST_CHUNK, (int) ceilDiv(total, target));
      int storable = (int) ceilDiv(longest, slots() / tiles);
      chunk = Math.min(longest, Math.max(wanted, storable));
    }
    int chunks = Math.max(1, (int) ceilDiv(longest, chunk));
    return new Tiles(Math.toIntExact(tiles), chunks, chunk);
  }

  /// @param blocks blocks side by side
  /// @param pieces pieces of the rows; more than one needs a second pass
  /// @param rows rows per piece
  record Columns(int blocks, int pieces, int rows) {}

  /// Column sums: 32 columns per block, and rows cut into pieces of at least 256 where that leaves
  /// multiprocessors idle.
  Columns columns(int rows, int cols) {
    int blocks = (int) ceilDiv(cols, 32);
    if (rows == 0 || cols == 0) {
      return new Columns(0, 0, 0);
    }
    long room = (long) slots() * TILE * TILE / cols;
    long pieces = Math.min(ceilDiv(rows, 256), Math.min(ceilDiv(target, blocks), room));
    int perPiece = (int) ceilDiv(rows, Math.max(1, pieces));
    return new Columns(blocks, (int) ceilDiv(rows, perPiece), perPiece);
  }

  /// Blocks of eight warps when each of the `rows` gets a warp.
  int warps(int rows) {
    return (int) ceilDiv(rows, 8);
  }

  /// The same where each block leaves two rows of sums: as many blocks as run at once, of warps
  /// that take several rows in turn.
  int normBlocks(int rows) {
    return (int) Math.min(ceilDiv(rows, 8), target);
  }

  /// How many images a block of `made_sample.cu` draws: as many as keep every multiprocessor busy,
  /// 1, 2 or 4, and fit into its shared memory; 0 when not even one does.
  int imagesPerBlock(int rows, int floatsPerImage) {
    int fitting = SHARED_FLOATS / floatsPerImage;
    int images = Math.min(fitting, 1);
    for (int more = 2; more <= Math.min(fitting, 4); more *= 2) {
      images = 2L * rows > (long) target * images ? more : images;
    }
    return images;
  }

  /// ROWS in `attention_tile.cuh`.
  private static final int ATTENTION_ROWS = 112;

  /// Attention: a block for each 112 rows of each head.
  int attentionBlocks(int heads, int length) {
    return Math.toIntExact(heads * ceilDiv(length, ATTENTION_ROWS));
  }

  /// Triangular softmax: blocks of four warps, each with a short and a long row of `count`
  /// matrices.
  int rowPairs(int count, int length) {
    return Math.toIntExact(ceilDiv(count * ceilDiv(length, 2), 4));
  }

  /// Threads of a block that goes over elements, four a thread and turn.
  static final int ELEMENT_THREADS = 256;

  /// Grid-stride over elements.
  int elements(long count) {
    return stride(count, 4 * ELEMENT_THREADS);
  }

  /// Grid-stride over `items`, `perBlock` of them per block and turn.
  int stride(long items, int perBlock) {
    return (int) Math.min(ceilDiv(items, perBlock), 4L * target);
  }

  private static int steps(int k) {
    return (int) ceilDiv(k, STEP);
  }

  private static int count(int extent) {
    return (int) ceilDiv(extent, TILE);
  }

  private static long ceilDiv(long a, long b) {
    return (a + b - 1) / b;
  }
}
