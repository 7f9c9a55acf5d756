package dev.hindsight.backend.cuda;

import dev.hindsight.backend.SwapAxes;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `swap_axes.cu`.
final class CudaSwapAxes extends CudaFamily implements SwapAxes {

  private final Variants kernel = variants("swap_axes");

  CudaSwapAxes(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor x, Tensor y) {
    launch(x, y, x.dim(0), x.dim(1), x.channels(), 0);
  }

  @Override
  public void backward(Tensor dy, Gradient dx) {
    Tensor x = dx.tensor();
    launch(dy, x, x.dim(1), x.dim(0), x.channels(), dx.fresh() ? 0 : 1);
  }

  private void launch(Tensor from, Tensor to, int a, int b, int c, int add) {
    launcher.begin().put(from).put(to).putInt(a).putInt(b).putInt(c).putInt(add);
    launcher.launch(kernel.of(to), geometry.stride(to.size(), THREADS), 1);
  }
}
