package dev.hindsight.nn;

import dev.hindsight.backend.Degrees;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A named tensor that is learnt, with its gradient. Bound to memory when the model's
/// [Parameters#allocate] has been called.
public final class Parameter {
  private final String name;
  private final Layout layout;
  private final Supplier<float[]> initial;
  private final @Nullable Degrees degrees;
  private final boolean sparse;
  private int matrices = 1;
  private @Nullable Tensor value;
  private @Nullable Tensor rounded;
  private @Nullable Tensor grad;

  /// @param degrees which of its weights exist; null where all do
  /// @param sparse whether a step uses a part of it
  Parameter(
      String name,
      Layout layout,
      Supplier<float[]> initial,
      @Nullable Degrees degrees,
      boolean sparse) {
    this.name = name;
    this.layout = layout;
    this.initial = initial;
    this.degrees = degrees;
    this.sparse = sparse;
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

  /// Whether it is what a layer multiplies by, all of it: a matrix without a mask, and no
  /// embeddings.
  public boolean isLayer() {
    return isMatrix() && !isMasked() && !sparse;
  }

  /// Says that it is so many matrices, one below the other: of queries, keys and values, or of a
  /// gate each.
  public void stack(int matrices) {
    this.matrices = matrices;
  }

  /// How many matrices of equal size a layer's weights are, one below the other.
  public int matrices() {
    return matrices;
  }

  /// In fp32, as it is learnt.
  public Tensor value() {
    return bound(value);
  }

  /// The value in the type of `x`, for an op that multiplies both: its copy where that is not fp32.
  ///
  /// @throws IllegalStateException when the backend stores no activations in this type
  public Tensor like(Tensor x) {
    Tensor copy = x.type() == bound(value).type() ? value : rounded;
    if (copy == null || copy.type() != x.type()) {
      throw new IllegalStateException(
          "parameter %s: there is no copy in %s, since the backend stores none in it"
              .formatted(name, x.type()));
    }
    return copy;
  }

  public Tensor grad() {
    return bound(grad);
  }

  /// The values to begin with.
  float[] initial() {
    float[] values = initial.get();
    if (values.length != shape().size()) {
      throw new IllegalArgumentException(
          "parameter %s: %s needs %d initial values but got %d"
              .formatted(name, shape(), shape().size(), values.length));
    }
    return values;
  }

  boolean isMasked() {
    return degrees != null;
  }

  /// Its elements that exist, where it begins at `offset`.
  List<Piece> pieces(int offset) {
    return degrees == null
        ? List.of(new Piece(offset, offset + Math.toIntExact(shape().size())))
        : Piece.of(degrees, offset);
  }

  /// The copy of the value that [#like] gives, where there is one.
  @Nullable Tensor rounded() {
    return rounded;
  }

  /// @param rounded null where activations are fp32
  void bind(Tensor value, @Nullable Tensor rounded, Tensor grad) {
    this.value = value;
    this.rounded = rounded;
    this.grad = grad;
  }

  private Tensor bound(@Nullable Tensor t) {
    if (t == null) {
      throw new IllegalStateException("parameter " + name + ": the model is not allocated yet");
    }
    return t;
  }
}
