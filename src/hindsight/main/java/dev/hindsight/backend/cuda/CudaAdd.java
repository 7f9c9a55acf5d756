package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Add;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;

/// Launches `add.cu`.
final class CudaAdd extends CudaFamily implements Add {
  private final Variants add = variants("add");
  private final Variants accumulate = variants("accumulate");

  CudaAdd(Kernels kernels) {
    super(kernels);
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
