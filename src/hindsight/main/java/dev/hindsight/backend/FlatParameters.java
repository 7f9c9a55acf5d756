package dev.hindsight.backend;

import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What the optimiser updates: many parameters side by side, in flat tensors of one size.
///
/// @param rounded gets the new values in the type of activations; null where that is fp32
public record FlatParameters(
    Tensor value, @Nullable Tensor rounded, Tensor grad, Tensor firstMoment, Tensor secondMoment) {
  /// Elements `from .. to - 1` of all.
  public FlatParameters part(long from, long to) {
    Shape shape = Shape.of(Math.toIntExact(to - from));
    return new FlatParameters(
        value.part(from, shape),
        rounded == null ? null : rounded.part(from, shape),
        grad.part(from, shape),
        firstMoment.part(from, shape),
        secondMoment.part(from, shape));
  }
}
