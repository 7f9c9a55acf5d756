package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// A causal convolution over sequences (B,T,I), as PyTorch's `nn.Conv1d` behind a padding on the
/// left. With a width of 1 it is a linear layer.
public final class CausalConv1d {
  private final Parameter weight;
  private final Parameter bias;
  private final int width;
  private final int dilation;

  /// Starts as PyTorch's does.
  ///
  /// @param name prefix of `.weight`, (O,I,width) in a checkpoint, and `.bias` (O)
  public CausalConv1d(
      Parameters parameters,
      String name,
      int inputs,
      int outputs,
      int width,
      int dilation,
      RandomKey key) {
    if (width < 1 || dilation < 1) {
      throw new IllegalArgumentException(
          "causal convolution: width and dilation must be at least 1 but are %d and %d"
              .formatted(width, dilation));
    }
    this.width = width;
    this.dilation = dilation;
    int fanIn = Math.multiplyExact(inputs, width);
    Layout layout =
        width == 1
            ? new Layout.Plain(Shape.of(outputs, inputs), Shape.of(outputs, inputs, 1))
            : Layout.Kernel.ofWidth(outputs, inputs, width);
    Initialization start = Initialization.TORCH;
    this.weight =
        parameters.add(
            name + ".weight",
            layout,
            () -> byTap(start.weights(key.fold(name + ".weight"), outputs, fanIn), width));
    this.bias =
        parameters.add(
            name + ".bias",
            Shape.of(outputs),
            () -> start.bias(key.fold(name + ".bias"), outputs, fanIn));
  }

  /// From (O,I,width) to (width,O,I).
  private static float[] byTap(float[] w, int width) {
    float[] ordered = new float[w.length];
    int each = w.length / width;
    for (int k = 0; k < w.length; k++) {
      ordered[k % width * each + k / width] = w[k];
    }
    return ordered;
  }

  public Tensor forward(Ops ops, Tensor x) {
    return width == 1
        ? ops.linear(x, weight.like(x), bias.value(), Activation.IDENTITY)
        : ops.causalConv1d(x, weight.like(x), bias.value(), dilation);
  }

  /// (width,O,I), or (O,I) where the width is 1
  public Parameter weight() {
    return weight;
  }

  public Parameter bias() {
    return bias;
  }

  public int dilation() {
    return dilation;
  }

  public int inputs() {
    return weight.shape().channels();
  }

  public int outputs() {
    return bias.shape().channels();
  }

  /// The weights (O,I) that look so many dilations back, in fp32. For samplers.
  public Tensor tap(int back) {
    long size = (long) outputs() * inputs();
    return weight.value().part((width - 1 - back) * size, Shape.of(outputs(), inputs()));
  }
}
