package dev.hindsight.backend.cuda;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `softmax_cross_entropy.cu`: a warp for each row.
final class CudaSoftmaxCrossEntropy extends CudaFamily implements SoftmaxCrossEntropy {
  private static final String FILE = "softmax_cross_entropy";

  private final Variants forward;
  private final Variants backward;

  CudaSoftmaxCrossEntropy(Kernels kernels) {
    super(kernels);
    forward = kernels.variants(FILE, FILE, LaunchGeometry.ELEMENT_THREADS);
    backward = kernels.variants(FILE, FILE + "_backward", LaunchGeometry.ELEMENT_THREADS);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    launcher
        .begin()
        .put(logits)
        .put(target)
        .put(nll)
        .putInt(logits.rows())
        .putInt(logits.channels());
    launcher.launch(forward.of(logits), geometry.warps(logits.rows()), 1);
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    launcher.begin().put(logits).put(target).putFloat(scale).put(dlogits);
    launcher.putInt(logits.rows()).putInt(logits.channels());
    launcher.launch(backward.of(logits), geometry.warps(logits.rows()), 1);
  }
}
