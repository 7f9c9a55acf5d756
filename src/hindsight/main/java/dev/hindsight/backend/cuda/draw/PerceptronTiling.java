package dev.hindsight.backend.cuda.draw;

import java.util.Comparator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// How a perceptron of `pixel_sample.cu` is cut into tiles: of images, and of slices of its hidden
/// units.
///
/// @param images of a tile
/// @param units hidden ones of a tile
/// @param slices that all hidden units take
/// @param groups that all images take
public record PerceptronTiling(int images, int units, int slices, int groups) {
  /// A perceptron of so many hidden units between as many inputs and outputs.
  public record Work(int images, int channels, int hidden) {}

  /// The tiling that takes least time, and whose parts do.
  ///
  /// @param readers of each image's sum, who each add up all parts
  public static PerceptronTiling of(Work work, int readers, int blocks) {
    return IntStream.rangeClosed(1, Math.ceilDiv(work.hidden(), PixelTiling.OUTPUTS))
        .mapToObj(turns -> all(work, turns * PixelTiling.OUTPUTS))
        .flatMap(tilings -> tilings)
        .min(by(tiling -> tiling.clocks(work, blocks) + tiling.reading(work, readers, blocks)))
        .orElseThrow();
  }

  /// Of those of so many slices, as [#of] has chosen them, the one that takes least time.
  public static PerceptronTiling ofSlices(Work work, int slices, int blocks) {
    int each = Math.ceilDiv(work.hidden(), slices);
    return all(work, Math.ceilDiv(each, PixelTiling.OUTPUTS) * PixelTiling.OUTPUTS)
        .filter(tiling -> tiling.slices() == slices)
        .min(by(tiling -> tiling.clocks(work, blocks)))
        .orElseThrow(
            () -> new IllegalArgumentException("%s is not cut into %d".formatted(work, slices)));
  }

  private static Comparator<PerceptronTiling> by(ToDoubleFunction<PerceptronTiling> clocks) {
    return Comparator.comparingDouble(clocks)
        .thenComparingInt(tiling -> tiling.slices() * tiling.groups());
  }

  /// An image's hidden units lie behind its inputs in shared memory.
  private static Stream<PerceptronTiling> all(Work work, int units) {
    int slices = Math.ceilDiv(work.hidden(), units);
    int inputs = Math.ceilDiv(work.channels(), 4) * 4;
    return IntStream.rangeClosed(1, Math.min(PixelTiling.IMAGES, work.images()))
        .filter(images -> PixelTiling.inputsAtOnce(images) >= inputs + units)
        .mapToObj(
            images ->
                new PerceptronTiling(images, units, slices, Math.ceilDiv(work.images(), images)));
  }

  /// As a product's tiles lie.
  public PixelTiling tiling() {
    return new PixelTiling(images, 1, slices, groups);
  }

  /// Of a tile: both layers' weights, its images' inputs, and the parts that it leaves.
  private double bytes(Work work) {
    return Float.BYTES * (double) work.channels() * (2 * units + 2 * images);
  }

  private double clocks(Work work, int blocks) {
    int turns = units / PixelTiling.OUTPUTS;
    int outputs = images * PixelTiling.OUTPUTS;
    long passes = Math.ceilDiv(work.channels(), PixelTiling.LANES);
    double up = PixelTiling.multiplied(images, passes) + PixelTiling.finished(outputs);
    // Of the second layer a warp has 16 rows at a time, and eight lanes for 32 units of each.
    double down = PixelTiling.multiplied(images, turns);
    double each = turns * up + passes * down;
    double slowest = PixelTiling.clocks(bytes(work), each);
    double all = slices * groups * bytes(work);
    return Math.max(
        Math.ceilDiv(slices * groups, blocks) * slowest, all / PixelTiling.BYTES_TOGETHER / blocks);
  }

  /// What it takes to read the parts in the phase behind.
  private double reading(Work work, int readers, int blocks) {
    double each = Float.BYTES * (double) slices * work.channels();
    double all = work.images() * readers * each;
    return Math.max(each / PixelTiling.BYTES, all / PixelTiling.BYTES_TOGETHER / blocks);
  }
}
