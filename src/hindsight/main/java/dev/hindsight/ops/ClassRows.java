package dev.hindsight.ops;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What classes add to the gates of a recurrence, before it begins: to those of an image the row of
/// its class.
///
/// @param table (K,4H)
/// @param labels (B), as those of [Ops#classBias]
public record ClassRows(Tensor table, Tensor labels) {
  /// What is added to the rows of each image, (N,O): b, where there is one, and what its class
  /// says. For samplers.
  ///
  /// @param b (O)
  public Tensor bias(Backend backend, Scope scope, @Nullable Tensor b) {
    int images = Math.toIntExact(labels.size());
    Tensor all = scope.zeros(images, table.channels());
    if (b != null) { // of one class, which all images are of
      backend
          .classBias()
          .forward(all, b.part(0, Shape.of(1, table.channels())), scope.zeros(images), 1, all);
    }
    backend.classBias().forward(all, table, labels, 1, all);
    return all;
  }

  static void requireFit(String op, @Nullable ClassRows classes, Tensor wh, int batch) {
    if (classes != null) {
      Tensor table = classes.table;
      Fit.requireShape(op, "wh", wh, "table", table, Fit.ANY, 4 * wh.channels());
      Fit.requireShape(op, "table", table, "labels", classes.labels, batch);
      Fit.requireType(op, "table", table, ElementType.FP32);
      Fit.requireType(op, "labels", classes.labels, ElementType.FP32);
    }
  }

  /// @param gates (T,B,W,4H), W = places of an image side by side
  static void add(Backend backend, @Nullable ClassRows classes, int places, Tensor gates) {
    if (classes != null) {
      backend.classBias().forward(gates, classes.table, classes.labels, places, gates);
    }
  }

  /// @param slopes the gradient of the gates
  static void backward(Ops ops, Tape tape, @Nullable ClassRows classes, int places, Tensor slopes) {
    Tensor gradient = classes == null ? null : tape.grad(classes.table);
    if (classes != null && gradient != null) {
      ops.backend().classBias().backward(classes.labels, places, slopes, gradient);
    }
  }
}
