package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Bernoulli;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.tensor.Tensor;

/// Launches `bernoulli.cu`.
final class CudaBernoulli extends CudaFamily implements Bernoulli {

  private final Kernel kernel = kernel("bernoulli", THREADS);

  CudaBernoulli(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    int n = logits.rows();
    launcher
        .begin()
        .put(draw)
        .put(logits)
        .putFloat(temperature)
        .putInt(from)
        .putInt(to)
        .put(pixels);
    launcher.putInt(n).putInt(logits.channels());
    launcher.launch(kernel, geometry.stride((long) n * (to - from), THREADS), 1);
  }
}
