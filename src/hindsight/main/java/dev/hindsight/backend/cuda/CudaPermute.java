package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Permute;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `permute.cu`, a block for each row of y.
final class CudaPermute extends CudaFamily implements Permute {
  private final Variants forward = variants("permute");
  private final Variants backward = variants("permute_dx");

  CudaPermute(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor x, Tensor columns, Tensor y) {
    launcher.begin().put(x).put(columns).put(y).putInt(y.rows()).putInt(y.channels());
    launcher.launch(forward.of(y), y.rows(), 1);
  }

  @Override
  public void backward(Tensor dy, Tensor columns, Gradient dx) {
    launcher.begin().put(dy).put(columns).put(dx).putInt(dy.rows()).putInt(dy.channels());
    launcher.launch(backward.of(dy), dy.rows(), 1);
  }
}
