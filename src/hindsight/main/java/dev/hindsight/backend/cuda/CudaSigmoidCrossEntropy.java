package dev.hindsight.backend.cuda;

import dev.hindsight.backend.SigmoidCrossEntropy;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `sigmoid_cross_entropy.cu`: a block for each row, backwards element by element.
final class CudaSigmoidCrossEntropy extends CudaFamily implements SigmoidCrossEntropy {
  private final Variants forward = variants("sigmoid_cross_entropy");
  private final Variants backward = variants("sigmoid_cross_entropy_backward");

  CudaSigmoidCrossEntropy(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    launcher.begin().put(logits).put(target).put(nll).putInt(logits.channels());
    launcher.launch(forward.of(logits), logits.rows(), 1);
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    launcher.begin().put(logits).put(target).putFloat(scale).put(dlogits).putLong(logits.size());
    launcher.launch(backward.of(logits), geometry.elements(logits.size()), 1);
  }
}
