package dev.hindsight.backend.cuda;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `softmax_cross_entropy.cu`: a warp for each row.
final class CudaSoftmaxCrossEntropy implements SoftmaxCrossEntropy {
  private final KernelLauncher launcher;
  private final LaunchGeometry geometry;
  private final Kernel kernel;

  CudaSoftmaxCrossEntropy(Kernels kernels) {
    this.launcher = kernels.launcher();
    this.geometry = kernels.geometry();
    kernel =
        kernels.kernel(
            "softmax_cross_entropy", "softmax_cross_entropy", LaunchGeometry.ELEMENT_THREADS);
  }

  @Override
  public void forward(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    launcher.put(logits).put(target).putFloat(scale).put(nll).put(dlogits);
    launcher.putInt(logits.rows()).putInt(logits.channels());
    launcher.launch(kernel, geometry.warps(logits.rows()), 1);
  }
}
