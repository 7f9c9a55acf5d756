package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Add;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;

/// Launches `add.cu`.
final class CudaAdd extends CudaFamily implements Add {
  private final Variants add;
  private final Variants accumulate;

  CudaAdd(Kernels kernels) {
    super(kernels);
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
