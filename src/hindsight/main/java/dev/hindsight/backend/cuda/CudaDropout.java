package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Dropout;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `dropout.cu`.
final class CudaDropout extends CudaFamily implements Dropout {
  private final Variants kernel = variants("dropout");

  CudaDropout(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor draw, long offset, float rate, Tensor x, Tensor y) {
    launch(draw, offset, rate, 0, x, y);
  }

  @Override
  public void backward(Tensor draw, long offset, float rate, Tensor dy, Gradient dx) {
    launch(draw, offset, rate, dx.fresh() ? 0 : 1, dy, dx.tensor());
  }

  /// @param add 1 to add to y
  private void launch(Tensor draw, long offset, float rate, int add, Tensor x, Tensor y) {
    launcher
        .begin()
        .put(draw)
        .putLong(offset)
        .putFloat(rate)
        .putInt(add)
        .put(x)
        .put(y)
        .putLong(y.size());
    launcher.launch(kernel.of(x), geometry.elements(y.size()), 1);
  }
}
