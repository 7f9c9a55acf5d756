package dev.hindsight.play;

import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelView;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Tensor;

/// A model that is conditioned on classes, for images of one of them.
record OfClass(AutoregressiveModel model, int label) implements ModelView {
  @Override
  public Tensor logits(Ops ops, Tensor pixels) {
    Tensor labels = ops.scope().floats(pixels.rows());
    ops.backend().fill(labels, label);
    return model.logits(ops, pixels, labels);
  }
}
