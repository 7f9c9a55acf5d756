package dev.hindsight.model.made;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.model.PixelScale;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// MADE, where a hidden unit of degree d sees values of degree <= d only. Once value d is known the
/// unit is final, so each is computed exactly once, and all values together cost one forward pass.
/// Units are sorted by degree, so those that become final at once are neighbours.
final class MadeSampler extends Sampler {
  private final Backend backend;
  private final Made model;
  private final List<MaskedLinear> layers;
  private final List<MaskedLinear> hidden;
  private final MaskedLinear output;
  private final List<Tensor> states = new ArrayList<>(); // per hidden layer (B,H)
  private final int[] known; // per hidden layer, how many units are final
  private final @Nullable List<UnitBias> ofClasses; // per layer; null where no image has one
  private final int each; // outputs of a value
  private final Tensor column; // (B,1)
  private final Tensor scaledColumn; // (B,1)
  private final Tensor scaled; // (B,D), the pixels as the layers read them

  MadeSampler(Backend backend, Scope scope, Made model, Request request, @Nullable Tensor labels) {
    super(backend, scope, model, request);
    this.backend = backend;
    this.model = model;
    this.layers = model.layers();
    this.hidden = layers.subList(0, layers.size() - 1);
    this.output = layers.getLast();
    this.known = new int[hidden.size()];
    this.ofClasses = labels == null ? null : ofClasses(labels);
    for (MaskedLinear layer : hidden) {
      states.add(scope.zeros(request.count(), layer.degrees().outputs()));
    }
    this.each = output.degrees().outputs() / model.shape().values();
    this.column = scope.floats(request.count(), 1);
    this.scaledColumn = scope.floats(request.count(), 1);
    this.scaled =
        model.shape().binary() ? pixels : scope.zeros(request.count(), model.shape().values());
  }

  private List<UnitBias> ofClasses(Tensor labels) {
    List<UnitBias> all = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      Tensor bias = layers.get(l).bias().value();
      Tensor ofImages = model.classes().get(l).bias(backend, scope, bias, labels);
      all.add(new UnitBias(backend, scope, ofImages));
    }
    return all;
  }

  /// Every hidden unit and every logit once.
  @Override
  public long multiplyAddsPerImage() {
    long states = hidden.stream().mapToLong(layer -> layer.degrees().count()).sum();
    return states + output.degrees().count();
  }

  @Override
  protected void computeLogits(int value) {
    if (value > 0) {
      scale(value - 1);
      finish(value); // the degree of the value before
    }
    Tensor below = states.getLast();
    int from = value * each;
    compute(hidden.size(), below, from, from + each, logits);
  }

  private void scale(int value) {
    if (!model.shape().binary()) {
      backend.copyColumns(pixels, value, column, 0, 1);
      PixelScale.copy(backend, model.shape(), column, scaledColumn);
      backend.copyColumns(scaledColumn, 0, scaled, value, 1);
    }
  }

  /// Computes the units of the next degrees.
  private void finish(int degree) {
    Tensor below = scaled;
    for (int l = 0; l < hidden.size(); l++) {
      Degrees degrees = hidden.get(l).degrees();
      int to = known[l];
      while (to < degrees.outputs() && degrees.out(to) <= degree) {
        to++;
      }
      compute(l, below, known[l], to, states.get(l));
      known[l] = to;
      below = states.get(l);
    }
  }

  /// Units `from .. to - 1` of a layer.
  private void compute(int l, Tensor below, int from, int to, Tensor y) {
    MaskedLinear layer = layers.get(l);
    if (ofClasses == null) {
      layer.forward(backend, below, from, to, y);
    } else if (from < to) {
      UnitBias bias = ofClasses.get(l);
      backend
          .maskedLinear()
          .forward(
              below,
              layer.weight().value(),
              bias.none(),
              layer.degrees(),
              Activation.IDENTITY,
              from,
              to,
              y);
      bias.add(y, from, to, l < hidden.size());
    }
  }
}
