package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Categorical;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.tensor.Tensor;

/// Launches `categorical.cu`: a warp for each value.
final class CudaCategorical extends CudaFamily implements Categorical {
  private static final int WARPS = 8;

  private final Kernel kernel = kernel("categorical", 32 * WARPS);

  CudaCategorical(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    int n = pixels.rows();
    launcher.begin().put(draw).put(logits).putFloat(temperature).putInt(from).putInt(to);
    launcher.put(pixels).putInt(n).putInt(pixels.channels());
    launcher.putInt(Math.toIntExact(logits.size() / pixels.size()));
    launcher.launch(kernel, geometry.stride((long) n * (to - from), WARPS), 1);
  }
}
