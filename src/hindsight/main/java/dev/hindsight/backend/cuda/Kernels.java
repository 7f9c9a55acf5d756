package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.tensor.ElementType;
import java.util.function.Function;
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

  /// The product `name` of a file and its second pass, in the precision of the backend.
  TileProduct product(String file, String name) {
    return product(file, name, type -> modules.product(file, name, type));
  }

  /// The same of a file that is not compiled for tf32.
  TileProduct productOfStored(String file, String name) {
    return product(file, name, type -> modules.function(file, name, type, file));
  }

  private TileProduct product(String file, String name, Function<ElementType, CUfunction> product) {
    return new TileProduct(
        launcher,
        new Variants(type -> new Kernel(name, () -> product.apply(type), TileProduct.TILE_THREADS)),
        variants(file, name + "_sum", TileProduct.SUM_THREADS, file));
  }
}
