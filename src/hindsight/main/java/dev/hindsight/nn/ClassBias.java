package dev.hindsight.nn;

import dev.hindsight.backend.Backend;
import dev.hindsight.ops.ClassRows;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What each class adds to every channel, at all places of an image alike: nothing at first
/// ([dev.hindsight.backend.ClassBias]). In PyTorch it is an `nn.Embedding`.
public final class ClassBias {
  private final @Nullable Parameter table; // null where there are no classes

  private static final String NAME = "classes.";

  /// @param number of the layer among a model's, whose table is `classes.N.weight`, a row for each
  ///   class
  /// @param classes how many; 0 = none, and so no table
  public ClassBias(Parameters parameters, int number, int classes, int channels) {
    this.table =
        classes == 0
            ? null
            : parameters.addSparse(
                NAME + number + ".weight",
                classes,
                channels,
                () -> new float[Math.multiplyExact(classes, channels)]);
  }

  /// All tables of a model.
  public static List<Parameter> tables(Parameters parameters) {
    return parameters.all().stream().filter(p -> p.name().startsWith(NAME)).toList();
  }

  /// x with the bias of each image.
  ///
  /// @param x (B,...,C)
  /// @param labels (B), whole numbers; -1 for an image without a class, null where none has one
  /// @return x itself where labels are null
  public Tensor forward(Ops ops, Tensor x, @Nullable Tensor labels) {
    return labels == null ? x : ops.classBias(x, table().value(), labels);
  }

  /// The same for an op that adds it itself; null where labels are.
  public @Nullable ClassRows rows(@Nullable Tensor labels) {
    return labels == null ? null : new ClassRows(table().value(), labels);
  }

  /// The bias of a layer to which it is added: of each image (N,C), or b itself where labels are
  /// null. For samplers.
  ///
  /// @param b (C)
  /// @param labels (N), or null
  public Tensor bias(Backend backend, Scope scope, Tensor b, @Nullable Tensor labels) {
    ClassRows rows = rows(labels);
    return rows == null ? b : rows.bias(backend, scope, b);
  }

  /// The same of a layer without a bias.
  public Tensor ofImages(Backend backend, Scope scope, Tensor labels) {
    return new ClassRows(table().value(), labels).bias(backend, scope, null);
  }

  /// The same of all layers of a model, (N,C) of each, one behind the other; null where labels are.
  public static @Nullable Tensor ofLayers(
      Backend backend, Scope scope, Parameters parameters, @Nullable Tensor labels) {
    if (labels == null) {
      return null;
    }
    int images = Math.toIntExact(labels.size());
    List<Parameter> tables = tables(parameters);
    Tensor all = scope.zeros(images * tables.stream().mapToInt(ClassBias::channels).sum());
    long at = 0;
    for (Parameter table : tables) {
      Tensor layer = all.part(at, Shape.of(images, channels(table)));
      backend.classBias().forward(layer, table.value(), labels, 1, layer);
      at += layer.size();
    }
    return all;
  }

  private static int channels(Parameter table) {
    return table.shape().channels();
  }

  /// (K,C), where there are classes. For samplers.
  public Parameter table() {
    return Objects.requireNonNull(table, "a model without classes has no table of them");
  }
}
