package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;

/// 784 full forward passes.
final class NaiveSampler extends Sampler {
  private final Backend backend;
  private final AutoregressiveModel model;

  NaiveSampler(Backend backend, AutoregressiveModel model, Request request) {
    super(backend, request);
    this.backend = backend;
    this.model = model;
  }

  @Override
  void computeLogits(int pixel) {
    try (Scope pass = backend.open("forward")) {
      backend.copy(model.logits(new Ops(backend, pass, null), pixels), logits);
    }
  }

  @Override
  void pixelIsKnown(int pixel) {}

  @Override
  public long multiplyAddsPerImage() {
    return AutoregressiveModel.PIXELS * model.multiplyAdds();
  }
}
