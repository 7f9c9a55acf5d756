package dev.hindsight.nn;

import dev.hindsight.backend.draw.PixelLoop.Norm;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;

/// Layer normalization over the channels (Ba, Kiros & Hinton 2016), with gains of 1 and biases of 0
/// at first.
public final class LayerNorm {
  private final Parameter gain;
  private final Parameter bias;

  /// @param name prefix of `.weight`, which PyTorch calls the gain, and `.bias`
  public LayerNorm(Parameters parameters, String name, int channels) {
    this.gain =
        parameters.add(
            name + ".weight",
            Shape.of(channels),
            () -> {
              float[] ones = new float[channels];
              Arrays.fill(ones, 1);
              return ones;
            });
    this.bias = parameters.add(name + ".bias", Shape.of(channels), () -> new float[channels]);
  }

  public Tensor forward(Ops ops, Tensor x) {
    return ops.layerNorm(x, gain.value(), bias.value());
  }

  /// ReLU of [#forward(Ops, Tensor)]
  public Tensor forwardRelu(Ops ops, Tensor x) {
    return ops.layerNormRelu(x, gain.value(), bias.value());
  }

  /// For samplers.
  public Norm norm() {
    return new Norm(gain.value(), bias.value());
  }
}
