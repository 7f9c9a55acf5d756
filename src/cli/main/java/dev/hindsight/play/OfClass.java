package dev.hindsight.play;

import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;

/// A model that is conditioned on classes, for images of one of them. The model stays its owner's.
record OfClass(AutoregressiveModel model, int label) implements AutoregressiveModel {
  @Override
  public ModelConfig config() {
    return model.config();
  }

  @Override
  public Parameters parameters() {
    return model.parameters();
  }

  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    Tensor labels = ops.scope().floats(pixels.rows());
    ops.backend().fill(labels, label);
    return model.logits(ops, pixels, labels);
  }

  @Override
  public Parameter outputBias() {
    return model.outputBias();
  }

  @Override
  public void close() {
    // its owner does
  }
}
