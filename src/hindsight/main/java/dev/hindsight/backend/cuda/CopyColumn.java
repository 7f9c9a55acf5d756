package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.tensor.Tensor;

/// Launches `copy_column.cu`: `dst[n,to] = src[n,from]`.
final class CopyColumn {
  private static final int THREADS = 256;

  private final KernelLauncher launcher;
  private final LaunchGeometry geometry;
  private final Kernel kernel;

  CopyColumn(Kernels kernels) {
    this.launcher = kernels.launcher();
    this.geometry = kernels.geometry();
    kernel = kernels.kernel("copy_column", "copy_column", THREADS);
  }

  void load() {
    kernel.function();
  }

  void copy(Tensor src, int from, Tensor dst, int to) {
    launcher.put(src).put(dst).putInt(src.rows()).putInt(from).putInt(src.channels());
    launcher.putInt(to).putInt(dst.channels());
    launcher.launch(kernel, geometry.stride(src.rows(), THREADS), 1);
  }
}
