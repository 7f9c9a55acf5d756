package dev.hindsight.model.made;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.ClassRows;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where pixels and hidden units stand in the order that a [Made] predicts in (Germain et al. 2015,
/// sections 4.2 and 4.3).
///
/// A weight belongs to two pixels or units, whatever the order; a staircase is a matter of places.
/// The pixel at place `p` has degree `p + 1`, and a unit has the degree of its place, so a new
/// order is a permutation of pixels and a new mask one of units: before each product the weights
/// are put to their places, and afterwards the gradient goes back. The staircase is the same for
/// all orders, so half of the work is skipped as ever. Where each stands lies in tensors of their
/// own, so a recorded step serves all orders.
final class Arrangement implements AutoCloseable {
  private final Backend backend;
  private final Scope scope;
  private final List<MaskedLinear> layers;
  private final List<ClassBias> classes;
  private final MadeConfig config;
  private final List<Tensor> sides =
      new ArrayList<>(); // what stands where, before and after layers
  private final Tensor places; // where the outputs of each pixel stand

  Arrangement(
      Backend backend, MadeConfig config, List<MaskedLinear> layers, List<ClassBias> classes) {
    this.backend = backend;
    this.config = config;
    this.layers = layers;
    this.classes = classes;
    this.scope = backend.open("order");
    for (MaskedLinear layer : layers) {
      sides.add(scope.ints(layer.degrees().inputs()));
    }
    boolean alike = config.outputs() == config.shape().values(); // on both sides
    sides.add(alike ? sides.getFirst() : scope.ints(config.outputs()));
    places = scope.ints(config.outputs());
  }

  void turnTo(PixelOrder order) {
    int channels = config.shape().channels();
    int outputs = config.outputs() / config.shape().pixels();
    backend.write(sides.getFirst(), order.pixels(channels));
    backend.write(sides.getLast(), order.pixels(outputs));
    backend.write(places, order.places(outputs));
    for (int l = 0; l < layers.size() - 1; l++) {
      backend.write(sides.get(l + 1), config.units(order.index(), l));
    }
  }

  /// The logits (B,D·P) of pixels (B,D), both by pixel.
  Tensor logits(Ops ops, Tensor pixels, @Nullable Tensor labels) {
    Tensor h = ops.permute(pixels, null, sides.getFirst());
    for (int l = 0; l < layers.size(); l++) {
      MaskedLinear layer = layers.get(l);
      Tensor rows = sides.get(l + 1);
      Tensor w = ops.permuteWeight(layer.weight().like(h), rows, sides.get(l), layer.degrees());
      Tensor b = ops.permute(layer.bias().value(), null, rows);
      h = layer.forward(ops, h, w, b, byPlace(ops, classes.get(l).rows(labels), rows));
    }
    return ops.permute(h, null, places);
  }

  private static @Nullable ClassRows byPlace(Ops ops, @Nullable ClassRows rows, Tensor units) {
    return rows == null
        ? null
        : new ClassRows(ops.permute(rows.table(), null, units), rows.labels());
  }

  /// All parameters at their places, as flat as they are.
  Tensor parameters(Parameters parameters, Scope into) {
    Tensor flat = into.zeros(Math.toIntExact(parameters.flat().value().size()));
    for (int l = 0; l < layers.size(); l++) {
      MaskedLinear layer = layers.get(l);
      Tensor rows = sides.get(l + 1);
      Tensor w = layer.weight().value();
      Tensor b = layer.bias().value();
      Tensor toW = flat.part(parameters.offset(layer.weight()), w.shape());
      Tensor toB = flat.part(parameters.offset(layer.bias()), b.shape());
      backend.permute().forward(w, rows, sides.get(l), layer.degrees(), toW);
      backend.permute().forward(b, null, rows, null, toB);
      if (config.classes() > 0) {
        Parameter table = classes.get(l).table();
        Tensor toTable = flat.part(parameters.offset(table), table.shape());
        backend.permute().forward(table.value(), null, rows, null, toTable);
      }
    }
    return flat;
  }

  @Override
  public void close() {
    scope.close();
  }
}
