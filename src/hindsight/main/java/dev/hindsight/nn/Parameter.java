package dev.hindsight.nn;

import dev.hindsight.backend.Degrees;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A named tensor that is learnt, with its gradient. Bound to memory when the model's
/// [Parameters#allocate] has been called.
public final class Parameter {
  private final String name;
  private final Layout layout;
  private final float[] initial;
  private final @Nullable Degrees degrees;
  private @Nullable Tensor value;
  private @Nullable Tensor grad;

  /// @param degrees which of its weights exist; null where all do
  Parameter(String name, Layout layout, float[] initial, @Nullable Degrees degrees) {
    Shape shape = layout.stored();
    if (initial.length != shape.size()) {
      throw new IllegalArgumentException(
          "parameter %s: %s needs %d initial values but got %d"
              .formatted(name, shape, shape.size(), initial.length));
    }
    this.name = name;
    this.layout = layout;
    this.initial = initial;
    this.degrees = degrees;
  }

  /// As in PyTorch's state_dict: `net.0.weight`.
  public String name() {
    return name;
  }

  /// In memory; [#layout] knows PyTorch's.
  public Shape shape() {
    return layout.stored();
  }

  public Layout layout() {
    return layout;
  }

  /// Whether it has two or more axes, as weights do and biases do not.
  public boolean isMatrix() {
    return shape().rank() >= 2;
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

  /// Its elements that exist, where it begins at `offset`.
  List<Piece> pieces(int offset) {
    return degrees == null
        ? List.of(new Piece(offset, offset + Math.toIntExact(shape().size())))
        : Piece.of(degrees, offset);
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
