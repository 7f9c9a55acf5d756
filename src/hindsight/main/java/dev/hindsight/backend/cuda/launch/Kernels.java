package dev.hindsight.backend.cuda.launch;

import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Shared;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tile;
import dev.hindsight.backend.cuda.launch.TileProduct.Larger;
import dev.hindsight.tensor.ElementType;
import java.util.List;
import java.util.function.ToIntFunction;

/// What every family here launches with.
///
/// @param scratch address of the sums of pieces, behind the counters of who has added up such a sum
/// @param asynchronous whether the GPU copies asynchronously, as larger tiles do
public record Kernels(
    Modules modules,
    KernelLauncher launcher,
    LaunchGeometry geometry,
    long scratch,
    boolean asynchronous) {
  // `tile_large.cuh`: the bytes of a row that a step takes, and steps on their way at once
  private static final int ROW = 64;
  private static final int STAGES = 3;

  private static final int LARGE = 128;
  private static final int TALL = 256;

  /// Without tensor cores, where a block has the registers of a multiprocessor to itself.
  private static final Tile LARGE_FP32 = new Tile(LARGE, LARGE, ROW / Float.BYTES, 1, false, null);

  private static final Tile LARGE_TF32 = new Tile(LARGE, LARGE, ROW / Float.BYTES, 2, false, null);
  private static final Tile LARGE_BF16 = new Tile(LARGE, LARGE, ROW / Short.BYTES, 2, true, null);
  private static final Tile TALL_TF32 = tall(ROW / Float.BYTES, false, LARGE * ROW);
  private static final Tile TALL_BF16 = tall(ROW / Short.BYTES, true, LARGE * ROW);

  /// Where B passes by and is not kept.
  private static final Tile PASSING_TF32 = tall(ROW / Float.BYTES, false, 0);

  private static final Tile PASSING_BF16 = tall(ROW / Short.BYTES, true, 0);

  /// Its three stages are more than a kernel may declare.
  private static Tile tall(int step, boolean addsRows, int kept) {
    Shared stages = new Shared(STAGES * (TALL + LARGE) * ROW, STAGES, kept);
    return new Tile(TALL, LARGE, step, 1, addsRows, stages);
  }

  /// A kernel of `kernels/<file>.cu` that reads or writes activations.
  public Variants variants(String file, String name, int threads) {
    return new Variants(
        type -> new Kernel(name, () -> modules.function(file, name, type), threads));
  }

  /// A kernel of `kernels/<file>.cu`, whose blocks have so many threads.
  public Kernel kernel(String file, String name, int threads) {
    return new Kernel(name, () -> modules.function(file, name), threads);
  }

  /// The product `name` of a file, in the precision of the backend, with the tile that suits a
  /// shape.
  public TileProduct product(String file, String name) {
    return product(file, name, List.of(tall(file, name, TALL_TF32, TALL_BF16), large(file, name)));
  }

  /// The same of gradients of weights, whose K are pixels: too many to keep.
  public TileProduct weightGradients(String file, String name) {
    Larger tall = tall(file, name, PASSING_TF32, PASSING_BF16);
    return product(file, name, List.of(tall, large(file, name)));
  }

  /// The same of a product that has no larger tile.
  public TileProduct smallProduct(String file, String name) {
    return product(file, name, List.of());
  }

  private TileProduct product(String file, String name, List<Larger> larger) {
    return new TileProduct(
        launcher, geometry, small(file, name), asynchronous ? larger : List.of());
  }

  /// The same of a file that is not compiled for tf32.
  public TileProduct productOfStored(String file, String name) {
    Variants product = variants(file, name, LaunchGeometry.TILE_THREADS);
    return new TileProduct(launcher, geometry, product, List.of());
  }

  private Variants small(String file, String name) {
    return variants(file, name, _ -> LaunchGeometry.TILE_THREADS);
  }

  private Larger large(String file, String name) {
    return new Larger(
        type ->
            switch (multiplied(type)) {
              case FP32 -> LARGE_FP32;
              case TF32 -> LARGE_TF32;
              case BF16 -> LARGE_BF16;
            },
        variants(
            file + "_large",
            name + "_large",
            type -> multiplied(type) == Precision.FP32 ? 2 * LARGE : LARGE));
  }

  private Larger tall(String file, String name, Tile tf32, Tile bf16) {
    return new Larger(
        type ->
            switch (multiplied(type)) {
              case FP32 -> null; // its limit is what multiplies, not what feeds it
              case TF32 -> tf32;
              case BF16 -> bf16;
            },
        variants(file + "_tall", name + "_tall", _ -> TALL));
  }

  private Variants variants(String file, String name, ToIntFunction<ElementType> threads) {
    return new Variants(
        type ->
            new Kernel(name, () -> modules.product(file, name, type), threads.applyAsInt(type)));
  }

  private Precision multiplied(ElementType type) {
    return modules.multiplied(type);
  }
}
