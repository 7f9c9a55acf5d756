package dev.hindsight.backend.cuda.launch;

import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;

/// Launches `copy_columns.cu`: `dst[n,to + k] = src[n,from + k]`, and a copy to another type.
public final class CopyColumns {
  private static final int THREADS = 256;

  private final KernelLauncher launcher;
  private final LaunchGeometry geometry;
  private final Variants kernel;
  private final Kernel rounded;

  public CopyColumns(Kernels kernels) {
    this.launcher = kernels.launcher();
    this.geometry = kernels.geometry();
    kernel = kernels.variants("copy_columns", "copy_columns", THREADS);
    rounded =
        kernels.kernel(
            Precision.BF16.variant("copy_columns"),
            Precision.BF16.variant("rounded_copy"),
            LaunchGeometry.ELEMENT_THREADS);
  }

  /// dst of bf16 = src of fp32, same size
  public void rounded(Tensor src, Tensor dst) {
    launcher.begin().put(src).put(dst).putLong(src.size());
    launcher.launch(rounded, geometry.elements(src.size()), 1);
  }

  public void load() {
    kernel.of(ElementType.FP32).function();
  }

  public void copy(Tensor src, int from, Tensor dst, int to, int count) {
    launcher.begin().put(src).put(dst).putInt(src.rows()).putInt(from).putInt(src.channels());
    launcher.putInt(to).putInt(dst.channels()).putInt(count);
    launcher.launch(kernel.of(src), geometry.stride((long) src.rows() * count, THREADS), 1);
  }
}
