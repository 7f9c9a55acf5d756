package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// A linear layer, PyTorch's `nn.Linear`.
public final class Linear {
  private final Parameter weight;
  private final Parameter bias;

  /// @param name prefix of `.weight` (O,I) and `.bias` (O)
  public Linear(Parameters parameters, String name, int inputs, int outputs, RandomKey key) {
    Initialization start = Initialization.TORCH;
    weight =
        parameters.add(
            name + ".weight",
            Shape.of(outputs, inputs),
            () -> start.weights(key.fold(name + ".weight"), outputs, inputs));
    bias =
        parameters.add(
            name + ".bias",
            Shape.of(outputs),
            () -> start.bias(key.fold(name + ".bias"), outputs, inputs));
  }

  public Tensor forward(Ops ops, Tensor x) {
    return ops.linear(x, weight.like(x), bias.value(), Activation.IDENTITY);
  }

  /// GELU of the same.
  public Tensor forwardGelu(Ops ops, Tensor x) {
    return ops.linearGelu(x, weight.like(x), bias.value());
  }

  /// residual + this of x, of which training drops a share.
  Tensor forwardAdd(Ops ops, Tensor residual, Tensor x, float dropout) {
    return dropout == 0
        ? ops.linearAdd(residual, x, weight.like(x), bias.value())
        : ops.add(residual, ops.dropout(dropout, forward(ops, x)));
  }

  /// Into a `y` that already exists. For samplers.
  public void forward(Backend backend, Tensor x, Tensor y) {
    backend.linear().forward(x, weight.like(x), bias.value(), Activation.IDENTITY, y);
  }

  public Parameter weight() {
    return weight;
  }

  public Parameter bias() {
    return bias;
  }
}
