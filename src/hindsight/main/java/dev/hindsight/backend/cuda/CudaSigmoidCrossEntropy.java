package dev.hindsight.backend.cuda;

import dev.hindsight.backend.SigmoidCrossEntropy;
import dev.hindsight.backend.cuda.KernelLauncher.Kernel;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `sigmoid_cross_entropy.cu`: a block for each row, backwards element by element.
final class CudaSigmoidCrossEntropy implements SigmoidCrossEntropy {
  private static final String FILE = "sigmoid_cross_entropy";

  private final KernelLauncher launcher;
  private final LaunchGeometry geometry;
  private final Kernel forward;
  private final Kernel backward;

  CudaSigmoidCrossEntropy(Kernels kernels) {
    this.launcher = kernels.launcher();
    this.geometry = kernels.geometry();
    forward = kernels.kernel(FILE, FILE, LaunchGeometry.ELEMENT_THREADS);
    backward = kernels.kernel(FILE, FILE + "_backward", LaunchGeometry.ELEMENT_THREADS);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    launcher.put(logits).put(target).put(nll).putInt(logits.channels());
    launcher.launch(forward, logits.rows(), 1);
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    launcher.put(logits).put(target).putFloat(scale).put(dlogits).putLong(logits.size());
    launcher.launch(backward, geometry.elements(logits.size()), 1);
  }
}
