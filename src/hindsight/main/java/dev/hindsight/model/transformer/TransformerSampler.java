package dev.hindsight.model.transformer;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.nn.TransformerBlock;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The transformer keeps keys and values of all positions, each computed once, so all 784 pixels
/// together cost one forward pass.
final class TransformerSampler extends Sampler {
  private final Backend backend;
  private final Transformer model;
  private final List<TransformerBlock.State> states = new ArrayList<>();
  private final Tensor embedded; // (B,C)
  private final Tensor normed; // (B,C)
  private final Tensor logit; // (B,1)
  private final Tensor mean; // (B)
  private final Tensor rstd; // (B)

  TransformerSampler(Backend backend, Scope scope, Transformer model, Request request) {
    super(backend, scope, request);
    this.backend = backend;
    this.model = model;
    int count = request.count();
    int width = model.config().width();
    for (TransformerBlock block : model.blocks()) {
      states.add(block.state(backend, scope, count, AutoregressiveModel.PIXELS));
    }
    embedded = scope.floats(count, width);
    normed = scope.floats(count, width);
    logit = scope.floats(count, 1);
    mean = scope.floats(count);
    rstd = scope.floats(count);
  }

  @Override
  public long multiplyAddsPerImage() {
    return model.multiplyAdds();
  }

  @Override
  protected void computeLogits(int pixel) {
    model.embedding().forward(backend, pixels, pixel, embedded);
    Tensor x = embedded;
    for (int l = 0; l < states.size(); l++) {
      x = states.get(l).step(x, pixel);
    }
    model.norm().forward(backend, x, normed, mean, rstd);
    model.head().forward(backend, normed, logit);
    backend.copyColumn(logit, 0, logits, pixel);
  }

  @Override
  protected void pixelIsKnown(int pixel) {}
}
