package dev.hindsight.backend.cuda;

/// How a product of `pixel_sample.cu` is cut into tiles.
///
/// @param images of a tile
/// @param warps that share a sum
/// @param across tiles side by side, of outputs
/// @param groups tiles of images
record PixelTiling(int images, int warps, int across, int groups) {
  static final int WARPS = 8;
  private static final int IMAGES = 16;
  private static final int ROWS = 4;

  private static final int LANES = 4 * 32; // inputs of a warp at a time

  // What a multiprocessor does in a clock, roughly: bytes from L2 when it is alone and when all
  // read,
  // and multiply-adds; and the clocks until a tile has what it reads. They only rank one tiling
  // against another.
  private static final double BYTES = 64;
  private static final double BYTES_TOGETHER = 21;
  private static final double ADDS = 64;
  private static final double START = 1500;

  /// More tiles have to save so much.
  private static final double WORTH = 0.95;

  /// @param outputs rows of weights, of which a warp takes four
  /// @param inputs of each, over all terms
  record Work(int positions, int images, int outputs, long inputs) {
    double multiplyAdds() {
      return (double) positions * images * outputs * inputs;
    }
  }

  /// The tiling that takes least time on so many blocks.
  static PixelTiling of(Work work, int blocks) {
    PixelTiling best = of(work, Math.min(IMAGES, work.images()), 1);
    for (int images = best.images(); images > 0; images--) {
      for (int warps = 1; warps <= warpsFor(work.inputs()); warps *= 2) {
        PixelTiling tiling = of(work, images, warps);
        if (tiling.clocks(work, blocks) < WORTH * best.clocks(work, blocks)) {
          best = tiling;
        }
      }
    }
    return best;
  }

  private static PixelTiling of(Work work, int images, int warps) {
    int across = ceilDiv(work.outputs(), ROWS * WARPS / warps);
    return new PixelTiling(images, warps, across, ceilDiv(work.images(), images));
  }

  /// The most warps that have a part of a sum each; a power of two.
  static int warpsFor(long inputs) {
    int warps = 1;
    while (warps < WARPS && (long) warps * LANES < inputs) {
      warps *= 2;
    }
    return warps;
  }

  int tiles(int positions) {
    return positions * across * groups;
  }

  private double clocks(Work work, int blocks) {
    int tiles = tiles(work.positions());
    int turns = ceilDiv(tiles, blocks);
    int rows = ROWS * WARPS / warps;
    double bytes = Float.BYTES * (double) work.inputs() * (images + rows);
    double adds = (double) images * rows * work.inputs();
    double alone = turns * (START + Math.max(bytes / BYTES, adds / ADDS));
    double together = tiles * bytes / BYTES_TOGETHER / blocks;
    return Math.max(alone, together);
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }
}
