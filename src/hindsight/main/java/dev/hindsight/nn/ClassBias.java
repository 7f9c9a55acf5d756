package dev.hindsight.nn;

import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What each class adds to every channel, at all places of an image alike: nothing at first
/// ([dev.hindsight.backend.ClassBias]).
public final class ClassBias {
  private final Parameter table;

  /// @param name of the table, which has a row for each class
  public ClassBias(Parameters parameters, String name, int classes, int channels) {
    this.table =
        parameters.add(
            name,
            Shape.of(classes, channels),
            () -> new float[Math.multiplyExact(classes, channels)]);
  }

  /// x with the bias of each image.
  ///
  /// @param x (B,...,C)
  /// @param labels (B), whole numbers; -1 for an image without a class, null where none has one
  /// @return x itself where labels are null
  public Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
    return labels == null ? x : ops.classBias(x, table.value(), labels);
  }

  /// (K,C). For samplers, and for ops that add it themselves.
  public Parameter table() {
    return table;
  }
}
