package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Rescale;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `rescale.cu`.
final class CudaRescale extends CudaFamily implements Rescale {
  private final Variants forward = variants("rescale");
  private final Variants backward = variants("rescale_backward");

  CudaRescale(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor x, float scale, float shift, Tensor y) {
    launcher.begin().put(x).putFloat(scale).putFloat(shift).put(y).putLong(x.size());
    launcher.launch(forward.of(x), geometry.elements(x.size()), 1);
  }

  @Override
  public void backward(Tensor dy, float scale, Gradient dx) {
    launcher.begin().put(dy).putFloat(scale).put(dx).putLong(dy.size());
    launcher.launch(backward.of(dy), geometry.elements(dy.size()), 1);
  }
}
