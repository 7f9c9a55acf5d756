package dev.hindsight.backend.cuda.draw;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// How a product of `pixel_sample.cu` is cut into tiles.
///
/// @param images of a tile
/// @param warps that share a sum
/// @param across tiles side by side, of outputs
/// @param groups tiles of images
public record PixelTiling(int images, int warps, int across, int groups) {
  public static final int WARPS = 8;
  private static final int THREADS = 32 * WARPS;
  public static final int IMAGES = 28;
  private static final int ROWS = 4;
  public static final int OUTPUTS = ROWS * WARPS; // of a tile whose warps share no sum

  private static final int ROOM = 2560; // fours of inputs in shared memory, of all images of a tile
  public static final int LANES = 4 * 32; // inputs of a warp at a time

  // What a multiprocessor does in a clock, roughly: bytes from L2 when it is alone and when all
  // read, and instructions; and the clocks until a tile has what it reads. They only rank one
  // tiling against another.
  public static final double BYTES = 64;
  public static final double BYTES_TOGETHER = 21;
  private static final double ISSUED = 4;
  private static final double START = 1500;

  // Instructions of a warp, as the software GPU counts them: for a tile; for a turn of the lanes
  // over inputs, and each image in it; to bring in four numbers; to add up four images over the
  // lanes; to finish an output.
  private static final int TILE = 350;
  private static final int TURN = 60;
  private static final int IMAGE = 18;
  private static final int BRING = 25;
  private static final int ADD_UP = 60;
  private static final int FINISH = 60;

  /// More tiles have to save so much.
  private static final double WORTH = 0.95;

  /// What a product multiplies.
  ///
  /// @param outputs rows of weights, of which a warp takes four
  /// @param inputs of each, over all terms
  /// @param together how many of them a tile needs at the same time: those that a norm goes over
  public record Work(int positions, int images, int outputs, long inputs, int together) {
    public double multiplyAdds() {
      return (double) positions * images * outputs * inputs;
    }
  }

  /// The tilings of steps that share so many blocks, which together take least time: of each the
  /// one with fewest tiles, none of which takes longer than the slowest tile of all may.
  public static List<PixelTiling> of(List<Work> works, int blocks) {
    List<List<PixelTiling>> all = works.stream().map(PixelTiling::all).toList();
    List<Double> limits = new ArrayList<>();
    for (int n = 0; n < works.size(); n++) {
      Work work = works.get(n);
      all.get(n).forEach(tiling -> limits.add(tiling.clocks(work)));
    }
    List<PixelTiling> best = List.of();
    double least = Double.POSITIVE_INFINITY;
    for (double limit : limits.stream().distinct().sorted(Comparator.reverseOrder()).toList()) {
      List<PixelTiling> chosen = new ArrayList<>();
      for (int n = 0; n < works.size(); n++) {
        Work work = works.get(n);
        all.get(n).stream()
            .filter(tiling -> tiling.clocks(work) <= limit)
            .min(
                Comparator.comparingInt((PixelTiling tiling) -> tiling.across() * tiling.groups())
                    .thenComparingDouble(tiling -> tiling.clocks(work)))
            .ifPresent(chosen::add);
      }
      if (chosen.size() == works.size()) {
        double clocks = clocks(works, chosen, blocks);
        if (clocks < WORTH * least) {
          least = clocks;
          best = chosen;
        }
      }
    }
    return best;
  }

  private static List<PixelTiling> all(Work work) {
    List<PixelTiling> all = new ArrayList<>();
    for (int images = Math.min(IMAGES, work.images()); images > 0; images--) {
      for (int warps = 1; warps <= warpsFor(work.inputs()); warps *= 2) {
        if (inputsAtOnce(images) >= work.together()) {
          int across = Math.ceilDiv(work.outputs(), ROWS * WARPS / warps);
          all.add(new PixelTiling(images, warps, across, Math.ceilDiv(work.images(), images)));
        }
      }
    }
    return all;
  }

  /// How many inputs of each image lie in shared memory at a time: whole turns of a warp.
  public static int inputsAtOnce(int images) {
    return ROOM / images / 32 * LANES;
  }

  /// The most warps that have a part of a sum each; a power of two.
  public static int warpsFor(long inputs) {
    int warps = 1;
    while (warps < WARPS && (long) warps * LANES < inputs) {
      warps *= 2;
    }
    return warps;
  }

  public int tiles(int positions) {
    return positions * across * groups;
  }

  /// Rows of weights of a tile.
  private int rows() {
    return OUTPUTS / warps;
  }

  private double bytes(Work work) {
    return Float.BYTES * (double) work.inputs() * (images + rows());
  }

  /// Of a tile: it waits for its first bytes, reads, and multiplies.
  private double clocks(Work work) {
    long piece = inputsAtOnce(images);
    long turns = work.inputs() / piece * Math.ceilDiv(piece, (long) LANES * warps);
    turns += Math.ceilDiv(work.inputs() % piece, (long) LANES * warps);
    double each = multiplied(images, turns);
    each += BRING * Math.ceil(work.inputs() / 4.0 * images / THREADS);
    each += finished(images * rows());
    return clocks(bytes(work), each);
  }

  /// Instructions of a warp that multiplies its four rows of weights in so many turns.
  public static double multiplied(int images, long turns) {
    return turns * (TURN + (double) IMAGE * images) + (double) ADD_UP * Math.ceilDiv(images, 4);
  }

  /// The same of finishing so many outputs of a tile.
  public static double finished(int outputs) {
    return (double) FINISH * Math.ceilDiv(outputs, THREADS);
  }

  /// Of a tile whose warps have so many instructions each, beside what every tile takes.
  public static double clocks(double bytes, double instructions) {
    return START + bytes / BYTES + WARPS * (TILE + instructions) / ISSUED;
  }

  private static double clocks(List<Work> works, List<PixelTiling> chosen, int blocks) {
    int tiles = 0;
    double slowest = 0;
    double bytes = 0;
    for (int n = 0; n < works.size(); n++) {
      Work work = works.get(n);
      PixelTiling tiling = chosen.get(n);
      int own = tiling.tiles(work.positions());
      tiles += own;
      slowest = Math.max(slowest, tiling.clocks(work));
      bytes += own * tiling.bytes(work);
    }
    return Math.max(Math.ceilDiv(tiles, blocks) * slowest, bytes / BYTES_TOGETHER / blocks);
  }
}
