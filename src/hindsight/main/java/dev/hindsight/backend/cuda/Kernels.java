package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import java.util.function.Supplier;
import jcuda.driver.CUfunction;

/// What every family here launches with.
///
/// @param scratch address of the sums of pieces, which a second pass adds up
/// @param columnSum shared, since most families end in the gradient of a bias
record Kernels(
    Modules modules,
    KernelLauncher launcher,
    LaunchGeometry geometry,
    long scratch,
    ColumnSum columnSum) {
  static Kernels of(
      Modules modules, KernelLauncher launcher, LaunchGeometry geometry, long scratch) {
    return new Kernels(
        modules, launcher, geometry, scratch, new ColumnSum(modules, launcher, geometry, scratch));
  }

  /// A kernel of `kernels/<file>.cu`, whose blocks have so many threads.
  Kernel kernel(String file, String name, int threads) {
    return new Kernel(name, () -> modules.function(file, name), threads);
  }

  /// The product `name` of a file and its second pass, in the precision of the backend.
  TileProduct product(String file, String name) {
    return product(file, name, () -> modules.product(file, name));
  }

  /// The same of a file that is compiled for fp32 alone.
  TileProduct productInFp32(String file, String name) {
    return product(file, name, () -> modules.function(file, name));
  }

  private TileProduct product(String file, String name, Supplier<CUfunction> product) {
    return new TileProduct(
        launcher,
        new Kernel(name, product, TileProduct.TILE_THREADS),
        kernel(file, name + "_sum", TileProduct.SUM_THREADS));
  }
}
