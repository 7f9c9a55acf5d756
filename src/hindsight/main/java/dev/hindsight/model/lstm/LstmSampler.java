package dev.hindsight.model.lstm;

import dev.hindsight.backend.Backend;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.LstmState;
import dev.hindsight.sample.PixelOutputs;
import dev.hindsight.sample.Sampler;
import dev.hindsight.sample.ScaledPixel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The LSTM carries h and c from pixel to pixel, so all pixels together cost one forward pass.
final class LstmSampler extends Sampler {
  private final Backend backend;
  private final Lstm model;
  private final ImageShape shape;
  private final List<LstmState> states = new ArrayList<>();
  private final List<Tensor> inputs = new ArrayList<>(); // per pixel (B,C+2)
  private final @Nullable Tensor embedded; // (B,H), what becomes of those of the pixel at hand
  private final Tensor last; // (B,P), what the last layer makes of the pixel at hand
  private final @Nullable Tensor ofClasses; // (B,P), what classes add to that
  private final ScaledPixel read;
  private final PixelOutputs outputs;

  LstmSampler(Backend backend, Scope scope, Lstm model, Request request, @Nullable Tensor labels) {
    super(backend, scope, model, request);
    this.backend = backend;
    this.model = model;
    this.shape = model.shape();
    int count = request.count();
    model.layers().forEach(layer -> states.add(layer.state(ops, count, labels)));
    // Places are known from the start; the pixels' values are put in one by one.
    Tensor all = model.inputs(ops, pixels);
    Shape step = Shape.of(count, all.channels());
    for (int pixel = 0; pixel < model.shape().pixels(); pixel++) {
      inputs.add(all.part(pixel * step.size(), step));
    }
    embedded = model.embedded() == null ? null : scope.floats(count, model.config().hidden());
    last = scope.floats(count, model.output().bias().shape().channels());
    ofClasses = labels == null ? null : model.classBias().ofImages(backend, scope, labels);
    read = new ScaledPixel(backend, scope, shape, pixels);
    outputs = new PixelOutputs(backend, scope, model, pixels, logits, last);
  }

  @Override
  public long multiplyAddsPerImage() {
    return model.multiplyAdds();
  }

  @Override
  protected void computeLogits(int value) {
    if (shape.channel(value) == 0) {
      compute(shape.pixel(value));
    }
    outputs.write(value);
  }

  private void compute(int pixel) {
    if (pixel > 0) {
      read.into(pixel - 1, inputs.get(pixel));
    }
    Tensor h = inputs.get(pixel);
    if (model.embedded() != null && embedded != null) {
      model.embedded().forward(backend, pixels, pixel, h, embedded);
      h = embedded;
    }
    for (LstmState state : states) {
      h = state.step(h);
    }
    model.output().forward(backend, h, last);
    if (ofClasses != null) {
      backend.add().accumulate(ofClasses, last);
    }
  }
}
