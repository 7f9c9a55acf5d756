package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A full forward pass for each value.
final class NaiveSampler extends Sampler {
  private final Backend backend;
  private final AutoregressiveModel model;
  private final PixelOrder drawn; // in this order, whatever the model is turned to
  private final @Nullable Tensor order; // what stands at each place; null in raster order
  private final @Nullable Tensor places; // where each pixel stands
  private final @Nullable Tensor labels; // (B)

  NaiveSampler(
      Backend backend,
      Scope scope,
      AutoregressiveModel model,
      Request request,
      @Nullable Tensor labels) {
    super(backend, scope, model, request);
    this.backend = backend;
    this.model = model;
    this.labels = labels;
    this.drawn = model.order();
    int outputs = model.config().outputs() / model.shape().pixels();
    this.order = drawn.isRaster() ? null : indices(drawn.pixels(outputs));
    this.places = drawn.isRaster() ? null : indices(drawn.places(model.shape().channels()));
  }

  private Tensor indices(int[] of) {
    Tensor tensor = scope.ints(of.length);
    backend.write(tensor, of);
    return tensor;
  }

  @Override
  protected void computeLogits(int value) {
    if (!model.order().equals(drawn)) {
      throw new IllegalStateException(
          "sampler: somebody has turned the model to another order since this sampler was made;"
              + " turn it back, or make a new sampler");
    }
    try (Scope pass = backend.open("forward")) {
      Ops now = new Ops(backend, pass, null);
      Tensor byPixel = places == null ? pixels : now.permute(pixels, places);
      Tensor found = model.logits(now, byPixel, labels);
      backend.copy(order == null ? found : now.permute(found, order), logits);
    }
  }

  /// One pass gives the logits of all that is given.
  @Override
  protected void valuesAreKnown(int count) {
    if (count > 0) {
      computeLogits(count - 1);
    }
  }

  @Override
  public long multiplyAddsPerImage() {
    return model.shape().values() * model.multiplyAdds();
  }
}
