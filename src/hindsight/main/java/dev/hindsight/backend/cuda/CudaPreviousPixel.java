package dev.hindsight.backend.cuda;

import dev.hindsight.backend.PreviousPixel;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;

/// Launches `previous_pixel.cu`.
final class CudaPreviousPixel implements PreviousPixel {
  private static final int THREADS = 256;

  private final KernelLauncher launcher;
  private final LaunchGeometry geometry;
  private final Variants kernel;

  CudaPreviousPixel(Kernels kernels) {
    this.launcher = kernels.launcher();
    this.geometry = kernels.geometry();
    kernel = kernels.variants("previous_pixel", "previous_pixel", THREADS);
  }

  @Override
  public void forward(Tensor pixels, int side, Tensor y) {
    int length = pixels.channels();
    launcher.begin().put(pixels).put(y).putLong(pixels.size());
    launcher.putInt(length).putInt(side).putInt(length / side);
    launcher.launch(kernel.of(y), geometry.stride(pixels.size(), THREADS), 1);
  }
}
