package dev.hindsight.model.made;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/// What a layer of a MADE adds to its units where that is not the same for all images, since they
/// have classes: the units that become final at once are neighbours, but of an image each.
final class UnitBias {
  private final Backend backend;
  private final Scope scope;
  private final Tensor ofImages; // (N,O)
  private final Tensor none; // (O)
  private final Map<Integer, Columns> columns = new HashMap<>(); // by how many

  /// Some units of all images, (N,n) each.
  private record Columns(Tensor y, Tensor b) {}

  UnitBias(Backend backend, Scope scope, Tensor ofImages) {
    this.backend = backend;
    this.scope = scope;
    this.ofImages = ofImages;
    this.none = scope.zeros(ofImages.channels());
  }

  /// The bias of the product before it.
  Tensor none() {
    return none;
  }

  /// `y = f(y + b)` for units `from .. to - 1`.
  ///
  /// @param relu whether f is a ReLU
  void add(Tensor y, int from, int to, boolean relu) {
    int count = to - from;
    Columns some = columns.computeIfAbsent(count, n -> new Columns(rows(n), rows(n)));
    backend.copyColumns(y, from, some.y(), 0, count);
    backend.copyColumns(ofImages, from, some.b(), 0, count);
    backend.add().accumulate(some.b(), some.y());
    if (relu) {
      backend.activate().forward(Activation.RELU, some.y(), some.y());
    }
    backend.copyColumns(some.y(), 0, y, from, count);
  }

  private Tensor rows(int count) {
    return scope.floats(ofImages.rows(), count);
  }
}
