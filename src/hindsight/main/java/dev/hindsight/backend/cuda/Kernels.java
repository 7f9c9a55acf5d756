package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.LaunchGeometry.Tile;
import dev.hindsight.tensor.ElementType;
import java.util.function.ToIntFunction;

/// What every family here launches with.
///
/// @param scratch address of the sums of pieces, behind the counters of who has added up such a sum
/// @param large whether the GPU copies asynchronously, as the large tile does
/// @param columnSum shared, since most families end in the gradient of a bias
record Kernels(
    Modules modules,
    KernelLauncher launcher,
    LaunchGeometry geometry,
    long scratch,
    boolean large,
    ColumnSum columnSum) {
  // `tile_large.cuh`: its edge, and the bytes of a row that a step takes
  private static final int LARGE = 128;
  private static final int ROW = 64;

  /// Without tensor cores, where a block has the registers of a multiprocessor to itself.
  private static final Tile FMA = new Tile(LARGE, ROW / Float.BYTES, 1, false);

  private static final int FMA_THREADS = 256;

  static Kernels of(
      Modules modules,
      KernelLauncher launcher,
      LaunchGeometry geometry,
      long scratch,
      boolean large) {
    return new Kernels(
        modules,
        launcher,
        geometry,
        scratch,
        large,
        new ColumnSum(modules, launcher, geometry, scratch));
  }

  /// `kernels/untiled.cu` has the kernels of bf16 that are no products.
  static final String UNTILED = "untiled";

  /// A kernel of `kernels/<file>.cu` that reads or writes activations.
  Variants variants(String file, String name, int threads) {
    return variants(file, name, threads, UNTILED);
  }

  /// The same where a file of its own has it in bf16 too.
  Variants variants(String file, String name, int threads, String module) {
    return new Variants(
        type -> new Kernel(name, () -> modules.function(file, name, type, module), threads));
  }

  /// A kernel of `kernels/<file>.cu`, whose blocks have so many threads.
  Kernel kernel(String file, String name, int threads) {
    return new Kernel(name, () -> modules.function(file, name), threads);
  }

  /// The product `name` of a file, in the precision of the backend, with the tile that suits a
  /// shape.
  TileProduct product(String file, String name) {
    return new TileProduct(launcher, geometry, small(file, name), large ? large(file, name) : null);
  }

  /// The same of a product that has no large tile.
  TileProduct smallProduct(String file, String name) {
    return new TileProduct(launcher, geometry, small(file, name), null);
  }

  /// The same of a file that is not compiled for tf32.
  TileProduct productOfStored(String file, String name) {
    Variants product = variants(file, name, LaunchGeometry.TILE_THREADS, file);
    return new TileProduct(launcher, geometry, product, null);
  }

  private Variants small(String file, String name) {
    return product(file, name, _ -> LaunchGeometry.TILE_THREADS);
  }

  private TileProduct.Large large(String small, String product) {
    return new TileProduct.Large(
        type ->
            onTensorCores(type)
                ? new Tile(LARGE, ROW / type.bytes(), 2, type == ElementType.BF16)
                : FMA,
        product(
            small + "_large",
            product + "_large",
            type -> onTensorCores(type) ? LaunchGeometry.TILE_THREADS : FMA_THREADS));
  }

  private Variants product(String file, String name, ToIntFunction<ElementType> threads) {
    return new Variants(
        type ->
            new Kernel(name, () -> modules.product(file, name, type), threads.applyAsInt(type)));
  }

  private boolean onTensorCores(ElementType type) {
    return type == ElementType.BF16 || modules.precision() == Precision.TF32;
  }
}
