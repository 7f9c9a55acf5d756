package dev.hindsight.model;

import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;

/// p(x) = Π_i p(x_i | x_0 … x_{i-1}) over the 784 pixels of an image in raster order.
///
/// The law of every model: logit `i` depends on pixels before `i` alone, whatever the others hold.
public sealed interface AutoregressiveModel extends AutoCloseable
    permits Made, WaveNet, PixelCnn, GatedPixelCnn, Transformer, Lstm {
  int SIDE = 28;
  int PIXELS = SIDE * SIDE;

  ModelConfig config();

  Parameters parameters();

  /// Logits (B,784) of each pixel being 1, given pixels (B,784) of 0 and 1.
  Tensor logits(Ops ops, Tensor pixels);

  /// Negative log-likelihood (B) of each image in nats.
  default Tensor nll(Ops ops, Tensor pixels) {
    return ops.sigmoidCrossEntropy(logits(ops, pixels), pixels);
  }

  /// Multiply-adds of one forward pass of one image, over what exists.
  long multiplyAdds();

  /// Sets the output bias to the log-odds of each pixel, so that training starts from the marginal
  /// distribution instead of from grey.
  void startFromMeans(double[] pixelMeans);

  @Override
  default void close() {
    parameters().close();
  }
}
