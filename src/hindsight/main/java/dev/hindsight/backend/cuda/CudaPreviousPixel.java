package dev.hindsight.backend.cuda;

import dev.hindsight.backend.PreviousPixel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;

/// Launches `previous_pixel.cu`.
final class CudaPreviousPixel extends CudaFamily implements PreviousPixel {

  private final Variants kernel = variants("previous_pixel");

  CudaPreviousPixel(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor pixels, int side, Tensor y) {
    int length = y.dim(1);
    launcher.begin().put(pixels).put(y).putLong(y.size());
    launcher.putInt(length).putInt(y.channels() - 2).putInt(side).putInt(length / side);
    launcher.launch(kernel.of(y), geometry.stride(y.size(), THREADS), 1);
  }
}
