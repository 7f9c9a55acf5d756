package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Add;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;

/// Launches `add.cu`.
final class CudaAdd implements Add {
  private final KernelLauncher launcher;
  private final LaunchGeometry geometry;
  private final Variants add;
  private final Variants accumulate;

  CudaAdd(Kernels kernels) {
    this.launcher = kernels.launcher();
    this.geometry = kernels.geometry();
    add = kernels.variants("add", "add", LaunchGeometry.ELEMENT_THREADS);
    accumulate = kernels.variants("add", "accumulate", LaunchGeometry.ELEMENT_THREADS);
  }

  @Override
  public void forward(Tensor a, Tensor b, Tensor y) {
    launcher.begin().put(a).put(b).put(y).putLong(y.size());
    launcher.launch(add.of(y), geometry.elements(y.size()), 1);
  }

  @Override
  public void accumulate(Tensor src, Tensor dst) {
    launcher.begin().put(src).put(dst).putLong(dst.size());
    launcher.launch(accumulate.of(dst), geometry.elements(dst.size()), 1);
  }
}
