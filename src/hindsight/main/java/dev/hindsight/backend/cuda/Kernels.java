package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.LaunchGeometry.Tile;
import dev.hindsight.tensor.ElementType;
import java.util.function.Function;
import jcuda.driver.CUfunction;
import org.jspecify.annotations.Nullable;

/// What every family here launches with.
///
/// @param scratch address of the sums of pieces, which a second pass adds up
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

  /// In fp32, whose blocks have the registers of a multiprocessor to themselves.
  private static final Tile FMA = new Tile(LARGE, ROW / Float.BYTES, 1);

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
        type -> new Kernel(name, modules.function(file, name, type, module), threads));
  }

  /// A kernel of `kernels/<file>.cu`, whose blocks have so many threads.
  Kernel kernel(String file, String name, int threads) {
    return new Kernel(name, modules.function(file, name), threads);
  }

  /// The product `name` of a file and its second pass, in the precision of the backend.
  TileProduct product(String file, String name) {
    return product(
        passes(file, name, type -> modules.product(file, name, type), TileProduct.TILE_THREADS),
        large ? largeOf(file + "_large", name + "_large") : null);
  }

  /// The same of a product that has no large tile.
  TileProduct smallProduct(String file, String name) {
    return product(
        passes(file, name, type -> modules.product(file, name, type), TileProduct.TILE_THREADS),
        null);
  }

  /// The same of a file that is not compiled for tf32.
  TileProduct productOfStored(String file, String name) {
    return product(
        passes(
            file, name, type -> modules.function(file, name, type, file), TileProduct.TILE_THREADS),
        null);
  }

  private TileProduct.Large largeOf(String file, String name) {
    return new TileProduct.Large(
        type -> fma(type) ? FMA : new Tile(LARGE, ROW / type.bytes(), 2),
        () ->
            new TileProduct.Passes(
                new Variants(
                    type ->
                        new Kernel(name, modules.product(file, name, type), fma(type) ? 256 : 128)),
                variants(file, name + "_sum", TileProduct.SUM_THREADS, file)));
  }

  private boolean fma(ElementType type) {
    return type == ElementType.FP32 && modules.precision() != Precision.TF32;
  }

  private TileProduct.Passes passes(
      String file, String name, Function<ElementType, CUfunction> product, int threads) {
    return new TileProduct.Passes(
        new Variants(type -> new Kernel(name, product.apply(type), threads)),
        variants(file, name + "_sum", TileProduct.SUM_THREADS, file));
  }

  private TileProduct product(TileProduct.Passes small, TileProduct.@Nullable Large large) {
    return new TileProduct(launcher, geometry, small, large);
  }
}
