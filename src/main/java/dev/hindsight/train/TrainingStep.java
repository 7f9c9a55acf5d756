package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Forward, backward and update for one batch. After the first step nothing is reserved on the
/// device and every address repeats.
public final class TrainingStep {
  private final Backend backend;
  private final AutoregressiveModel model;
  private final Adam adam;

  public TrainingStep(Backend backend, AutoregressiveModel model, Adam adam) {
    this.backend = backend;
    this.model = model;
    this.adam = adam;
  }

  /// Trains on `count` images of 784 pixels, each 0 or 1.
  ///
  /// @return the mean negative log-likelihood of these images before the update, in nats per image
  public double run(float[] pixels, int count, float rate) {
    try (Scope scope = backend.open("step")) {
      Tensor x = scope.floats(count, AutoregressiveModel.PIXELS);
      backend.write(x, pixels);
      Tape tape = model.parameters().tape(scope);
      Tensor nll = model.nll(new Ops(backend, scope, tape), x);
      tape.backward();
      adam.step(scope, rate);
      return mean(backend.readFloats(nll));
    }
  }

  static double mean(float[] values) {
    double sum = 0;
    for (float v : values) {
      sum += v;
    }
    return sum / values.length;
  }
}
