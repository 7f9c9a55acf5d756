package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.PixelLoop.Finish;
import dev.hindsight.backend.PixelLoop.Product;
import dev.hindsight.backend.PixelLoop.Span;
import dev.hindsight.backend.PixelLoop.Step;
import dev.hindsight.backend.PixelLoop.Term;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /// Into a `y` that already exists. For samplers.
  public void forward(Backend backend, Tensor x, Tensor y) {
    backend.linear().forward(x, weight.like(x), bias.value(), Activation.IDENTITY, y);
  }

  /// GELU of the same.
  public void forwardGelu(Backend backend, Tensor x, Tensor y) {
    backend.linear().linearGelu(x, weight.like(x), bias.value(), null, y);
  }

  /// Of the pixel itself. For samplers.
  public Term term(Tensor x) {
    return Term.now(weight.value(), x);
  }

  /// y = finish(layer + add) of the pixel itself. For samplers.
  Step product(Term term, @Nullable Tensor add, Finish finish, Tensor y) {
    return new Product(Span.PIXEL, List.of(term), bias.value(), add, finish, y);
  }

  public Parameter weight() {
    return weight;
  }

  public Parameter bias() {
    return bias;
  }
}
