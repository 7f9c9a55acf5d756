package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A 1 x 1 convolution over images: a linear layer that PyTorch stores as a kernel (O,I,1,1).
public final class Conv1x1 {
  private final Activation activation;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /// @param name prefix of `.weight` and, where there is one, of `.bias`
  public Conv1x1(
      Parameters parameters,
      String name,
      int inputs,
      int outputs,
      boolean biased,
      Activation activation,
      RandomKey key) {
    this.activation = activation;
    Initialization start = Initialization.TORCH;
    Layout layout = new Layout.Plain(Shape.of(outputs, inputs), Shape.of(outputs, inputs, 1, 1));
    this.weight =
        parameters.add(
            name + ".weight",
            layout,
            () -> start.weights(key.fold(name + ".weight"), outputs, inputs));
    this.bias =
        biased
            ? parameters.add(
                name + ".bias",
                Shape.of(outputs),
                () -> start.bias(key.fold(name + ".bias"), outputs, inputs))
            : null;
  }

  public Tensor forward(Ops ops, Tensor x) {
    return ops.linear(x, weight.like(x), biasValue(), activation);
  }

  /// residual + this of x, where it has a bias and no activation.
  public Tensor forwardAdd(Ops ops, Tensor residual, Tensor x) {
    return ops.linearAdd(residual, x, weight.like(x), bias().value());
  }

  /// (O,I)
  public Parameter weight() {
    return weight;
  }

  private @Nullable Tensor biasValue() {
    return bias == null ? null : bias.value();
  }

  /// Of the pixel itself. For samplers.
  public Term term(Tensor x) {
    return Term.now(weight.value(), x);
  }

  /// Of a layer that has one.
  public Parameter bias() {
    return Objects.requireNonNull(bias);
  }
}
