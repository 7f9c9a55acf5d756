package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Transformer;
import dev.hindsight.nn.TransformerBlock.Cache;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/// The transformer keeps keys and values of all positions, each computed once, so all 784 pixels
/// together cost one forward pass.
final class TransformerSampler extends Sampler {
  private final Backend backend;
  private final Transformer model;
  private final List<Cache> caches = new ArrayList<>();

  TransformerSampler(Backend backend, Transformer model, Request request) {
    super(backend, request);
    this.backend = backend;
    this.model = model;
    for (int l = 0; l < model.config().layers(); l++) {
      caches.add(
          Cache.of(scope, request.count(), AutoregressiveModel.PIXELS, model.config().width()));
    }
  }

  @Override
  public long multiplyAddsPerImage() {
    return model.multiplyAdds();
  }

  @Override
  void computeLogits(int pixel) {
    try (Scope position = backend.open("position")) {
      Ops here = new Ops(backend, position, null);
      backend.copyColumn(model.logitsAt(here, pixels, pixel, caches), 0, logits, pixel);
    }
  }

  @Override
  void pixelIsKnown(int pixel) {}
}
