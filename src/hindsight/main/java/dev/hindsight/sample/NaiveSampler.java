package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;

/// 784 full forward passes.
final class NaiveSampler extends Sampler {
  private final Backend backend;
  private final AutoregressiveModel model;

  NaiveSampler(Backend backend, Scope scope, AutoregressiveModel model, Request request) {
    super(backend, scope, request);
    this.backend = backend;
    this.model = model;
  }

  @Override
  protected void computeLogits(int pixel) {
    try (Scope pass = backend.open("forward")) {
      backend.copy(model.logits(new Ops(backend, pass, null), pixels), logits);
    }
  }

  @Override
  protected void pixelIsKnown(int pixel) {}

  /// One pass gives the logits of all that is given.
  @Override
  protected void pixelsAreKnown(int count) {
    if (count > 0) {
      computeLogits(count - 1);
    }
  }

  @Override
  public long multiplyAddsPerImage() {
    return AutoregressiveModel.PIXELS * model.multiplyAdds();
  }
}
