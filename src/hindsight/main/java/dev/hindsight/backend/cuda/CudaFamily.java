package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.launch.ColumnSum;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.TileProduct;
import dev.hindsight.backend.cuda.launch.Variants;
import java.util.Locale;

/// What every family launches with, and the kernels of the file of its own stem: those of
/// `CudaCausalConv1d` are in `causal_conv1d.cu`.
abstract class CudaFamily {
  /// Of a block, where nothing else is said.
  static final int THREADS = LaunchGeometry.ELEMENT_THREADS;

  final Kernels kernels;
  final KernelLauncher launcher;
  final LaunchGeometry geometry;
  final long scratch; // address of the sums of chunks
  final ColumnSum columnSum;
  private final String file;

  CudaFamily(Kernels kernels) {
    this.kernels = kernels;
    launcher = kernels.launcher();
    geometry = kernels.geometry();
    scratch = kernels.scratch();
    columnSum = new ColumnSum(kernels);
    String stem = getClass().getSimpleName().replaceFirst("Cuda", "");
    file = stem.replaceAll("(?<!^)(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  final Variants variants(String name) {
    return variants(name, THREADS);
  }

  final Variants variants(String name, int threads) {
    return kernels.variants(file, name, threads);
  }

  final Kernel kernel(String name, int threads) {
    return kernels.kernel(file, name, threads);
  }

  final TileProduct product(String name) {
    return kernels.product(file, name);
  }

  final TileProduct weightGradients(String name) {
    return kernels.weightGradients(file, name);
  }

  final TileProduct smallProduct(String name) {
    return kernels.smallProduct(file, name);
  }
}
