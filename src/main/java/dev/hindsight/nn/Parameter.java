package dev.hindsight.nn;

import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A named tensor that is learnt, with its gradient. Bound to memory when the model's
/// [Parameters#allocate] has been called.
public final class Parameter {
  private final String name;
  private final Shape shape;
  private final float[] initial;
  private @Nullable Tensor value;
  private @Nullable Tensor grad;

  Parameter(String name, Shape shape, float[] initial) {
    if (initial.length != shape.size()) {
      throw new IllegalArgumentException(
          "parameter %s: %s needs %d initial values but got %d"
              .formatted(name, shape, shape.size(), initial.length));
    }
    this.name = name;
    this.shape = shape;
    this.initial = initial;
  }

  /// As in PyTorch's state_dict: `net.0.weight`.
  public String name() {
    return name;
  }

  public Shape shape() {
    return shape;
  }

  /// Whether it has two or more axes, as weights do and biases do not.
  public boolean isMatrix() {
    return shape.rank() >= 2;
  }

  public Tensor value() {
    return bound(value);
  }

  public Tensor grad() {
    return bound(grad);
  }

  float[] initial() {
    return initial;
  }

  void bind(Tensor value, Tensor grad) {
    this.value = value;
    this.grad = grad;
  }

  private Tensor bound(@Nullable Tensor t) {
    if (t == null) {
      throw new IllegalStateException("parameter " + name + ": the model is not allocated yet");
    }
    return t;
  }
}
