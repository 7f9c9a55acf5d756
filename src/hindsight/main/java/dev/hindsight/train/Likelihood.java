package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How well a model predicts images.
///
/// @param nats mean negative log-likelihood per image, over all binarizations
/// @param standardError of `nats`, by how much images differ: the standard deviation of an image's
///   nats, divided by the root of the number of images; NaN for a single image
/// @param images how many were looked at
/// @param binarizations mean of each of them, in nats per image
public record Likelihood(
    double nats, double standardError, int images, List<Double> binarizations) {

  public Likelihood {
    binarizations = List.copyOf(binarizations);
  }

  /// Of one pass over `batches`.
  public static Likelihood of(Backend backend, AutoregressiveModel model, Batches batches) {
    return of(backend, model, batches, 1);
  }

  /// Of several passes, each over pixels that are binarized anew: epochs 0, 1, … of `batches`.
  public static Likelihood of(
      Backend backend, AutoregressiveModel model, Batches batches, int binarizations) {
    double[] nats = new double[batches.data().count()]; // of each image, summed
    List<Double> means = new ArrayList<>();
    for (int k = 0; k < binarizations; k++) {
      double sum = 0;
      int image = 0;
      for (Batch batch : batches.epoch(k)) {
        for (float nll : nll(backend, model, batch)) {
          nats[image++] += nll;
          sum += nll;
        }
      }
      means.add(sum / nats.length);
    }
    double mean = Arrays.stream(nats).sum() / nats.length;
    double squares = Arrays.stream(nats).map(x -> (x - mean) * (x - mean)).sum();
    double deviation = Math.sqrt(squares / (nats.length - 1));
    return new Likelihood(
        mean / binarizations,
        deviation / binarizations / Math.sqrt(nats.length),
        nats.length,
        means);
  }

  /// Of each image of a batch.
  private static float[] nll(Backend backend, AutoregressiveModel model, Batch batch) {
    try (Scope scope = backend.open("evaluation")) {
      Tensor x = scope.tensor(backend.storage(), batch.count(), AutoregressiveModel.PIXELS);
      int values = batch.count() * AutoregressiveModel.PIXELS;
      backend.write(
          x,
          batch.pixels().length == values ? batch.pixels() : Arrays.copyOf(batch.pixels(), values));
      return backend.readFloats(model.nll(new Ops(backend, scope, null), x));
    }
  }

  /// Bits per pixel.
  public double bitsPerDim() {
    return Metric.bitsPerDim(nats);
  }
}
