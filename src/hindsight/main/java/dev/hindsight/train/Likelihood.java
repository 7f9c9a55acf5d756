package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;

/// How well a model predicts images.
///
/// @param nats mean negative log-likelihood per image
/// @param images how many were looked at
public record Likelihood(double nats, int images) {

  /// Of one pass over `batches`.
  public static Likelihood of(Backend backend, AutoregressiveModel model, Batches batches) {
    double sum = 0;
    int images = 0;
    for (Batch batch : batches.epoch(0)) {
      try (Scope scope = backend.open("evaluation")) {
        Tensor x = scope.floats(batch.count(), AutoregressiveModel.PIXELS);
        int values = batch.count() * AutoregressiveModel.PIXELS;
        backend.write(
            x,
            batch.pixels().length == values
                ? batch.pixels()
                : Arrays.copyOf(batch.pixels(), values));
        Tensor nll = model.nll(new Ops(backend, scope, null), x);
        sum += TrainingStep.mean(backend.readFloats(nll)) * batch.count();
        images += batch.count();
      }
    }
    return new Likelihood(sum / images, images);
  }

  /// Bits per pixel.
  public double bitsPerDim() {
    return Metric.bitsPerDim(nats);
  }
}
