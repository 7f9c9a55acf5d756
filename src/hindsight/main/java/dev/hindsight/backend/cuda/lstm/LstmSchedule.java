package dev.hindsight.backend.cuda.lstm;

import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Product;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;

/// Whether the steps of a recurrence in fp32 are one launch of `lstm_resident.cu` or one each of
/// `lstm.cu`, where the first fits: an estimate of both, as far as they differ. The size of the GPU
/// and the shape decide, so a GPU chooses the same each time, all workers of a cluster choose the
/// same, and a test on the software GPU what the GPU would. A timed trial would not do: the two
/// ways add up in other orders, so its noise would reach the bits of a run.
///
/// All times are clocks of a multiprocessor. A warp multiplies and adds 32 times by an instruction.
public final class LstmSchedule {
  /// Of such an instruction with its reads of shared memory, which limit `lstm_resident.cu`: for 4
  /// x 4 results of a thread, forward and backward, and for 4 x 2.
  private static final double FORWARD = 0.45;

  private static final double BACKWARD = 0.52;
  private static final double NARROW_BACKWARD = 1.4;

  /// The same in a tile, which the schedulers limit: 1.25 instructions, four in a clock.
  private static final double TILED = 0.31;

  /// Of L2, in a clock, for each multiprocessor.
  private static final double BYTES = 20;

  /// Between two launches, and of a barrier over the grid.
  private static final double LAUNCH = 3000;

  /// By how much step by step has to be better: launches also read again what the one would keep.
  private static final double MARGIN = 1.125;

  private static final int WIDE_UNITS = 8; // of a block with 4 x 4 results of a thread
  private static final int ROWS = 64; // that lstm_resident.cu multiplies at once
  private static final int WARP = 32;

  private final LaunchGeometry geometry;
  private final int multiprocessors;
  private final double multiplyAdd;

  /// For a GPU of this size.
  ///
  /// @param capability compute capability, 80 for 8.0
  public LstmSchedule(LaunchGeometry geometry, int multiprocessors, int capability) {
    this.geometry = geometry;
    this.multiprocessors = multiprocessors;
    int lanes = capability <= 80 ? 64 : 128;
    multiplyAdd = WARP / (double) lanes;
  }

  /// Whether one launch does all steps.
  ///
  /// @param units of a block of the launch that does all steps
  public boolean together(int units, int batch, int hidden, boolean backward) {
    int k = backward ? 4 * hidden : hidden;
    int columns = backward ? hidden : 4 * hidden;
    double shared = !backward ? FORWARD : units == WIDE_UNITS ? BACKWARD : NARROW_BACKWARD;
    int blocks = Math.ceilDiv(hidden, units);
    double together = resident(blocks, batch, k, columns, Math.max(shared, multiplyAdd));
    double apart = tiled(geometry.tiles(Product.of(batch, columns, k)), batch, columns);
    return together <= MARGIN * apart;
  }

  /// Every block reads all of the state.
  private double resident(int blocks, int batch, int k, int columns, double each) {
    double rows = (double) Math.ceilDiv(batch, ROWS) * ROWS;
    double products = rows * Math.ceilDiv(columns, blocks) * k / WARP;
    double bytes = (double) Float.BYTES * blocks * batch * k;
    return Math.max(products * each, bytes / (BYTES * multiprocessors)) + LAUNCH;
  }

  /// What the chunks of K add is written and read.
  private double tiled(Tiles tiles, int batch, int columns) {
    double products = (double) tiles.tile().area() * tiles.tile().step() * tiles.chunk() / WARP;
    int waves = Math.ceilDiv(tiles.tiles() * tiles.chunks(), multiprocessors);
    double once = waves * products * Math.max(TILED, multiplyAdd) + LAUNCH;
    double bytes = 2.0 * Float.BYTES * tiles.chunks() * batch * columns;
    return tiles.chunks() == 1 ? once : once + bytes / (BYTES * multiprocessors) + LAUNCH;
  }
}
