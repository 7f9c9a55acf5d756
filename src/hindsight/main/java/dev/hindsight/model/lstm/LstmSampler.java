package dev.hindsight.model.lstm;

import dev.hindsight.backend.Backend;
import dev.hindsight.ops.LstmState;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The LSTM carries h and c from pixel to pixel, so all pixels together cost one forward pass.
final class LstmSampler extends Sampler {
  private final Backend backend;
  private final Lstm model;
  private final List<LstmState> states = new ArrayList<>();
  private final List<Tensor> inputs = new ArrayList<>(); // per pixel (B,3)
  private final Tensor logit; // (B,1)

  LstmSampler(Backend backend, Scope scope, Lstm model, Request request) {
    super(backend, scope, model.shape(), request);
    this.backend = backend;
    this.model = model;
    int count = request.count();
    model.layers().forEach(layer -> states.add(layer.state(ops, count)));
    // Places are known from the start; the pixels' values are put in one by one.
    Tensor all = model.inputs(ops, pixels);
    Shape step = Shape.of(count, all.channels());
    for (int pixel = 0; pixel < model.shape().pixels(); pixel++) {
      inputs.add(all.part(pixel * step.size(), step));
    }
    logit = scope.floats(count, 1);
  }

  @Override
  public long multiplyAddsPerImage() {
    return model.multiplyAdds();
  }

  @Override
  protected void computeLogits(int pixel) {
    if (pixel > 0) {
      backend.copyColumn(pixels, pixel - 1, inputs.get(pixel), 0);
    }
    Tensor h = inputs.get(pixel);
    for (LstmState state : states) {
      h = state.step(h);
    }
    model.output().forward(backend, h, logit);
    backend.copyColumn(logit, 0, logits, pixel);
  }
}
