package dev.hindsight.backend.cuda;

import dev.hindsight.backend.SigmoidCrossEntropy;
import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `sigmoid_cross_entropy.cu`: a block for each row.
final class CudaSigmoidCrossEntropy implements SigmoidCrossEntropy {
  private final KernelLauncher launcher;
  private final Kernel kernel;

  CudaSigmoidCrossEntropy(Kernels kernels) {
    this.launcher = kernels.launcher();
    kernel =
        kernels.kernel(
            "sigmoid_cross_entropy", "sigmoid_cross_entropy", LaunchGeometry.ELEMENT_THREADS);
  }

  @Override
  public void forward(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    launcher.put(logits).put(target).putFloat(scale).put(nll).put(dlogits);
    launcher.putInt(logits.channels());
    launcher.launch(kernel, logits.rows(), 1);
  }
}
