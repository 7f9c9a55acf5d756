package dev.hindsight.backend.cuda;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Launches `softmax_cross_entropy.cu`: a few lanes for each value where classes are few, a warp
/// where they are many. Forward, an image is cut into pieces so that there is work for all.
final class CudaSoftmaxCrossEntropy extends CudaFamily implements SoftmaxCrossEntropy {
  private static final int WARP = 32;

  private final Variants forward = variants("softmax_cross_entropy");
  private final Variants backward = variants("softmax_cross_entropy_backward");

  CudaSoftmaxCrossEntropy(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    int images = Math.toIntExact(nll.size());
    int values = logits.rows() / images;
    int lanes = lanes(logits.channels());
    int pieces = geometry.pieces(images, Math.ceilDiv(values, WARP / lanes));
    launcher
        .begin()
        .put(logits)
        .put(target)
        .putAddress(pieces == 1 ? nll.address() : scratch)
        .putInt(images)
        .putInt(values)
        .putInt(logits.channels())
        .putInt(pieces)
        .putInt(lanes);
    launcher.launch(forward.of(logits), geometry.warps(images * pieces), 1);
    if (pieces > 1) {
      columnSum.pieces(scratch, pieces, nll);
    }
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    int lanes = lanes(logits.channels());
    launcher.begin().put(logits).put(target).putFloat(scale).put(dlogits);
    launcher.putInt(logits.rows()).putInt(logits.channels()).putInt(lanes);
    int perBlock = THREADS / lanes;
    launcher.launch(backward.of(logits), geometry.stride(logits.rows(), perBlock), 1);
  }

  /// Of a warp for each value: a power of two.
  private static int lanes(int classes) {
    return Math.min(WARP, Integer.highestOneBit(2 * classes - 1));
  }
}
