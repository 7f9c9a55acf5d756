package dev.hindsight.backend.cuda.launch;

import dev.hindsight.backend.Degrees;
import org.jspecify.annotations.Nullable;

/// The launch geometry of every kernel, in one place, for a GPU of a given size.
///
/// Tiles are 64 x 64 and K advances 16 at a time (`tile_small.cuh`), or 128 x 128, on tensor cores
/// 256 x 128, where that still gives most multiprocessors a block (`tile_large.cuh`). A grid should
/// have as many blocks as are resident at once; where the tiles are less than half of that, as for
/// a batch of 64, K is cut into chunks, each of which a block of its own adds up, and the last
/// blocks of a tile add up the chunks. Chunks have the same length everywhere, so tiles that the
/// staircase shortens have fewer of them and all blocks have the same work.
public final class LaunchGeometry {
  public static final int TILE = 64;
  public static final int STEP = 16;

  /// Of a block with small tiles.
  public static final int TILE_THREADS = 128;

  /// Floats of what the threads of a block hold: their part of the tile, and four sums of rows.
  private static final int SLOT = TILE * TILE + 4 * TILE_THREADS;

  /// Addresses of slots are multiples of it.
  private static final int ALIGNMENT = 256;

  /// A chunk is at least 64 long, or the sum of the chunks costs more than it saves.
  private static final int SHORTEST_CHUNK = 4;

  /// K below 256 is not cut: to write and read the chunks would take longer than what it saves.
  private static final int SHORTEST_CUT = 16;

  /// Columns up to which a dot product per warp beats a tile.
  public static final int NARROW = 16;

  /// What attention backward takes with a block per head, of what it takes with blocks of rows, on
  /// an H100; an estimate.
  private static final double HEAD_SHARE = 0.55;

  /// Dynamic shared memory that every GPU gives a block without being asked, less some static.
  private static final int SHARED_FLOATS = (48 << 10) / Float.BYTES - 64;

  private final int multiprocessors;
  private final int mostShared;
  private final int target;

  public LaunchGeometry(int multiprocessors) {
    this(multiprocessors, 0);
  }

  /// For a GPU of this size.
  ///
  /// @param mostShared bytes of shared memory that a block may have
  public LaunchGeometry(int multiprocessors, int mostShared) {
    this.multiprocessors = multiprocessors;
    this.mostShared = mostShared;
    this.target = 2 * multiprocessors;
  }

  public int multiprocessors() {
    return multiprocessors;
  }

  /// What a block owns of C.
  ///
  /// @param step by which K advances
  /// @param resident blocks on a multiprocessor that a grid aims at
  /// @param addsRows whether a gradient of weights can add up that of the biases as well
  /// @param given what a launch gives each block, null where the kernel declares what it needs
  public record Tile(
      int rows, int cols, int step, int resident, boolean addsRows, @Nullable Shared given) {
    public static final Tile SMALL = new Tile(TILE, TILE, STEP, 2, true, null);

    public int area() {
      return rows * cols;
    }

    private long count(int rows, int cols) {
      return (long) Math.ceilDiv(rows, this.rows) * Math.ceilDiv(cols, this.cols);
    }
  }

  /// Shared memory of a block, which may keep all of B.
  ///
  /// @param bytes for its stages
  /// @param stages steps of B among them
  /// @param step bytes of a step of B, 0 where a product cannot keep it
  public record Shared(int bytes, int stages, int step) {
    /// Whether a GPU has room for the stages twice. Those with less, of graphics, multiply half as
    /// much a clock or less on each multiprocessor: L2 can feed them with smaller tiles, of which
    /// fewer are idle at the end.
    private boolean suits(int mostShared) {
      return 2 * bytes <= mostShared;
    }

    private long keeping(int steps) {
      return bytes + (long) step * Math.max(0, steps - stages);
    }
  }

  /// C (rows, cols) with the same K for every tile.
  ///
  /// @param groups of rows, none of whose tiles reaches into the next, as the taps of a gradient
  /// @param taps groups of K, none of whose steps reaches into the next
  /// @param k of each tap
  public record Product(int groups, int rows, int cols, int taps, int k) {
    public static Product of(int rows, int cols, int k) {
      return new Product(1, rows, cols, 1, k);
    }

    public static Product overTaps(int rows, int cols, int taps, int k) {
      return new Product(1, rows, cols, taps, k);
    }
  }

  /// How a product is cut.
  ///
  /// @param tile its size
  /// @param tiles blocks side by side
  /// @param chunks pieces of the longest K
  /// @param chunk steps per piece
  /// @param blocks for all tiles; fewer where each takes several, one below the other; more where
  ///   two share each of the last
  /// @param sharedBytes that a launch gives each block beside what the kernel declares
  public record Tiles(Tile tile, int tiles, int chunks, int chunk, int blocks, int sharedBytes) {
    public Tiles(Tile tile, int tiles, int chunks, int chunk) {
      this(tile, tiles, chunks, chunk, tiles, tile.given() == null ? 0 : tile.given().bytes());
    }
  }

  /// Slots for the chunks of one product with small tiles; a larger tile takes as many as small
  /// ones fit into it.
  public int slots() {
    return 4 * target;
  }

  /// Bytes of all slots.
  public long scratchBytes() {
    return (long) slots() * SLOT * Float.BYTES;
  }

  /// Bytes before the first slot: the counters, which are 0 between launches.
  public long counterBytes() {
    return Math.ceilDiv((long) slots() * Integer.BYTES, ALIGNMENT) * ALIGNMENT;
  }

  /// A product with small tiles.
  public Tiles tiles(Product p) {
    return tiles(p, Tile.SMALL);
  }

  private Tiles tiles(Product p, Tile tile) {
    long tiles = p.groups() * tile.count(p.rows(), p.cols());
    int steps = Math.multiplyExact(p.taps(), Math.ceilDiv(p.k(), tile.step()));
    return cut(tile, tiles, steps, tiles * steps);
  }

  /// A product with a larger tile, or null where it is too small for it: half of the tile would be
  /// empty, or more than an eighth of the multiprocessors idle. Null, too, on a GPU whom the tile
  /// does not suit.
  public @Nullable Tiles largeTiles(Product p, Tile large) {
    if (large.given() != null && !large.given().suits(mostShared)) {
      return null;
    }
    boolean fills = p.rows() >= large.rows() / 2 && p.cols() >= large.cols() / 2;
    if (!fills || (long) p.groups() * p.rows() < large.rows()) {
      return null;
    }
    Tiles tiles = tiles(p, large);
    if (8L * tiles.tiles() * tiles.chunks() < 7L * multiprocessors) {
      return null;
    }
    return large.given() == null ? tiles : keeping(large.given(), p, tiles);
  }

  /// Where a block has several tiles to do and B's part of one fits on the chip, as many blocks as
  /// run at once, each with tiles of one column.
  private Tiles keeping(Shared given, Product p, Tiles tiles) {
    if (given.step() == 0 || tiles.chunks() > 1) {
      return tiles;
    }
    Tile tile = tiles.tile();
    int across = Math.ceilDiv(p.cols(), tile.cols());
    int blocks = multiprocessors / across * across;
    long bytes = given.keeping(Math.multiplyExact(p.taps(), Math.ceilDiv(p.k(), tile.step())));
    return bytes <= mostShared && 0 < blocks && blocks < tiles.tiles()
        ? new Tiles(tile, tiles.tiles(), 1, tiles.chunk(), blocks, (int) bytes)
        : halving(tiles);
  }

  /// Where at most half of the multiprocessors have one of the last tiles, two blocks for each of
  /// these.
  private Tiles halving(Tiles tiles) {
    int last = tiles.tiles() % multiprocessors;
    return 2 * last > multiprocessors
        ? tiles
        : new Tiles(
            tiles.tile(),
            tiles.tiles(),
            1,
            tiles.chunk(),
            tiles.tiles() + last,
            tiles.sharedBytes());
  }

  /// y, columns `from .. to - 1`: K ends at the last input that a column tile sees.
  public Tiles maskedY(int rows, Degrees degrees, int from, int to) {
    int longest = 0;
    long total = 0;
    for (int o = from; o < to; o += TILE) {
      int steps = steps(degrees.live(Math.min(o + TILE, to) - 1));
      longest = Math.max(longest, steps);
      total += steps;
    }
    return cut(Tile.SMALL, (long) count(rows) * count(to - from), longest, total * count(rows));
  }

  /// dx: K begins, at a multiple of 16, with the first output that sees a column tile.
  public Tiles maskedDx(int rows, Degrees degrees) {
    int longest = 0;
    long total = 0;
    for (int i = 0; i < degrees.inputs(); i += TILE) {
      int steps = steps(degrees.outputs() - degrees.firstOutput(i) / STEP * STEP);
      longest = Math.max(longest, steps);
      total += steps;
    }
    return cut(
        Tile.SMALL, (long) count(rows) * count(degrees.inputs()), longest, total * count(rows));
  }

  /// dw: tiles above the staircase end at once, the others run over the whole batch.
  public Tiles maskedDw(int rows, Degrees degrees) {
    long live = 0;
    for (int o = 0; o < degrees.outputs(); o += TILE) {
      live += count(degrees.live(Math.min(o + TILE, degrees.outputs()) - 1));
    }
    long tiles = (long) count(degrees.outputs()) * count(degrees.inputs());
    return cut(Tile.SMALL, tiles, steps(rows), live * steps(rows));
  }

  /// So many chunks that all of them are resident at once, and never one more: it would run alone.
  private Tiles cut(Tile tile, long tiles, int longest, long total) {
    long resident = (long) tile.resident() * multiprocessors;
    long slots = (long) slots() * Tile.SMALL.area() / tile.area();
    int chunk = Math.max(1, longest);
    boolean halfIdle = 2 * total <= resident * longest;
    if (tiles > 0 && longest >= SHORTEST_CUT && halfIdle && 2 * tiles <= slots) {
      int wanted =
          Math.max(SHORTEST_CHUNK, (int) Math.ceilDiv(longest, resident * longest / total));
      int storable = (int) Math.ceilDiv(longest, slots / tiles);
      chunk = Math.min(longest, Math.max(wanted, storable));
    }
    int chunks = Math.max(1, Math.ceilDiv(longest, chunk));
    return new Tiles(tile, Math.toIntExact(tiles), chunks, chunk);
  }

  /// How sums of columns are cut.
  ///
  /// @param blocks blocks side by side
  /// @param pieces pieces of the rows; more than one needs a second pass
  /// @param rows rows per piece
  public record Columns(int blocks, int pieces, int rows) {}

  /// Column sums: 32 columns per block, and rows cut into pieces of at least 256 where that leaves
  /// multiprocessors idle.
  public Columns columns(int rows, int cols) {
    int blocks = Math.ceilDiv(cols, 32);
    if (rows == 0 || cols == 0) {
      return new Columns(0, 0, 0);
    }
    long room = (long) slots() * TILE * TILE / cols;
    long pieces = Math.min(Math.ceilDiv(rows, 256), Math.min(Math.ceilDiv(target, blocks), room));
    int perPiece = (int) Math.ceilDiv(rows, Math.max(1, pieces));
    return new Columns(blocks, Math.ceilDiv(rows, perPiece), perPiece);
  }

  /// Sums of rows of `width` columns, each added to one of `levels` sums: as many pieces as fill
  /// the GPU with blocks of `warps` busy warps, which go over 32 columns of all sums.
  public Columns chosenRows(int rows, int width, int levels, int warps) {
    int busy = warps * Math.ceilDiv(2 * width, 32); // of a piece, which has two sums or more
    long room = (long) slots() * TILE * TILE / Math.multiplyExact(width, levels);
    long most = Math.min(Math.ceilDiv(rows, 256), Math.ceilDiv(8 * target, busy));
    int perPiece = (int) Math.ceilDiv(rows, Math.max(1, Math.min(most, room)));
    return new Columns(busy / warps, Math.ceilDiv(rows, perPiece), perPiece);
  }

  /// Blocks of eight warps when each of the `rows` gets a warp.
  public int warps(int rows) {
    return Math.ceilDiv(rows, 8);
  }

  /// Pieces of each image when each gets a warp, which goes over it in so many `turns` at most: as
  /// many as give every multiprocessor work, and one sum each.
  public int pieces(int images, int turns) {
    return Math.clamp(Math.ceilDiv(32L * target, images), 1, turns);
  }

  /// The same where a warp takes several rows in turn, for all of which it holds gain and bias: as
  /// many blocks as registers leave room for at once.
  public int normBlocks(int rows) {
    return Math.min(warps(rows), 3 * multiprocessors);
  }

  /// The same where each block leaves two rows of sums, too.
  public int normBackwardBlocks(int rows) {
    return Math.min(warps(rows), target);
  }

  /// How many images a block of `made_sample.cu` draws: as many as keep every multiprocessor busy,
  /// 1, 2 or 4, and fit into its shared memory; 0 when not even one does.
  public int imagesPerBlock(int rows, int floatsPerImage) {
    int fitting = SHARED_FLOATS / floatsPerImage;
    int images = Math.min(fitting, 1);
    for (int more = 2; more <= Math.min(fitting, 4); more *= 2) {
      images = 2L * rows > (long) target * images ? more : images;
    }
    return images;
  }

  /// Attention: a block for each so many rows of each head.
  public int attentionBlocks(int heads, int length, int rows) {
    return Math.multiplyExact(heads, Math.ceilDiv(length, rows));
  }

  /// Whether a block for each head leaves few enough multiprocessors idle, in its last wave, to be
  /// quicker than blocks of rows that do HEAD_SHARE as much again.
  public boolean suitsBlockPerHead(int heads) {
    int places = Math.ceilDiv(heads, multiprocessors) * multiprocessors;
    return heads >= HEAD_SHARE * places;
  }

  /// Triangular softmax: blocks of four warps, each with a short and a long row of `count`
  /// matrices.
  public int rowPairs(int count, int length) {
    return Math.ceilDiv(Math.multiplyExact(count, Math.ceilDiv(length, 2)), 4);
  }

  /// Threads of a block that goes over elements, four a thread and turn.
  public static final int ELEMENT_THREADS = 256;

  /// Grid-stride over elements.
  public int elements(long count) {
    return stride(count, 4 * ELEMENT_THREADS);
  }

  /// Grid-stride over `items`, `perBlock` of them per block and turn.
  public int stride(long items, int perBlock) {
    return (int) Math.min(Math.ceilDiv(items, perBlock), 4L * target);
  }

  private static int steps(int k) {
    return Math.ceilDiv(k, STEP);
  }

  private static int count(int extent) {
    return Math.ceilDiv(extent, TILE);
  }
}
