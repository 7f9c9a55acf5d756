package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.nn.Parameters;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// The same training steps of MADE on two backends: do losses and weights stay together?
///
/// Adam divides a gradient by its own size, so the sign alone of a gradient that is nothing but
/// rounding moves a weight by the learning rate. Few weights differ by so much; all others must
/// agree to float's precision. Tensor cores round far more, so there a gradient whose terms cancel
/// is wrong by a hundredth, and a good part of the weights is apart, while losses are not.
///
/// @param precision of the backend that is checked
/// @param losses nats per image before each step, on the backend that is checked
/// @param reference the same on the reference
/// @param largest largest difference between two weights after the last step
/// @param mean mean difference
/// @param apart how many of the `weights` differ by more than a hundredth of the learning rate
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record TrainingParity(
    Precision precision,
    double[] losses,
    double[] reference,
    double largest,
    double mean,
    long apart,
    long weights) {
  /// The learning rate of the `reference` preset, which starts from the same weights and images.
  public static final float RATE = 3e-4f;

  private static final int BATCH = 64;

  /// Trains both for so many steps on the embedded digits, epoch after epoch, from the same
  /// weights.
  public static TrainingParity of(Backend checked, Backend reference, int hidden, int steps) {
    MadeConfig config =
        MadeConfig.random(ImageShape.MNIST, hidden, 3, RandomKey.of(0).fold("degrees"));
    Trained a = train(checked, config, steps);
    Trained b = train(reference, config, steps);
    double largest = 0;
    double sum = 0;
    long apart = 0;
    for (int k = 0; k < a.weights.length; k++) {
      double difference = Math.abs((double) a.weights[k] - b.weights[k]);
      largest = Math.max(largest, difference);
      sum += difference;
      apart += difference > RATE / 100 ? 1 : 0;
    }
    int count = a.weights.length;
    return new TrainingParity(
        checked.precision(), a.losses, b.losses, largest, sum / count, apart, count);
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Trained(double[] losses, float[] weights) {}

  private static Trained train(Backend backend, MadeConfig config, int steps) {
    RandomKey key = RandomKey.of(0);
    Batches batches =
        Batches.training(
            Datasets.open(Datasets.EMBEDDED, Split.TRAIN),
            BATCH,
            Binarize.THRESHOLD,
            key.fold("train"));
    try (Made made = config.create(backend, key.fold("weights"))) {
      Parameters parameters = made.parameters();
      TrainingStep step = new TrainingStep(backend, made, new Adam(backend, parameters));
      double[] losses = new double[steps];
      Iterator<Batch> epoch = Collections.emptyIterator();
      for (int done = 0; done < steps; done++) {
        if (!epoch.hasNext()) {
          epoch = batches.epoch(done / batches.perEpoch()).iterator();
        }
        Batch batch = epoch.next();
        losses[done] = step.run(batch.pixels(), batch.count(), RATE);
      }
      return new Trained(losses, backend.readFloats(parameters.flat().value()));
    }
  }

  /// Largest difference between two losses, in nats.
  public double largestLossDifference() {
    double largest = 0;
    for (int k = 0; k < losses.length; k++) {
      largest = Math.max(largest, Math.abs(losses[k] - reference[k]));
    }
    return largest;
  }

  /// Whether two backends that are both right could differ so: losses by a millionth and a
  /// hundredth of what a factor is rounded by, the weights by no more than Adam can move them, and
  /// nearly all of them, on tensor cores three quarters, by almost nothing.
  public boolean holds() {
    return largestLossDifference() <= (1e-6 + precision.roundoff() / 100) * reference[0]
        && largest <= 2.0 * RATE * losses.length
        && apart <= weights / (precision == Precision.FP32 ? 1000 : 4);
  }

  public String text() {
    StringBuilder text = new StringBuilder();
    for (int k = 0; k < losses.length; k++) {
      text.append(
          String.format(
              Locale.ROOT,
              "step %2d: %.6f nats, reference %.6f, difference %.1e%n",
              k + 1,
              losses[k],
              reference[k],
              Math.abs(losses[k] - reference[k])));
    }
    return text
        + String.format(
            Locale.ROOT,
            "losses differ by at most %.2e nats; %,d weights by at most %.2e, on average %.2e, %d by"
                + " more than %.0e: %s",
            largestLossDifference(),
            weights,
            largest,
            mean,
            apart,
            RATE / 100,
            holds() ? "ok" : "FAILED");
  }

  public Map<String, Object> json() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("precision", precision.label());
    row.put("losses", losses);
    row.put("reference_losses", reference);
    row.put("largest_loss_difference", largestLossDifference());
    row.put("weights", weights);
    row.put("largest_weight_difference", largest);
    row.put("mean_weight_difference", mean);
    row.put("weights_apart", apart);
    row.put("verdict", holds() ? "ok" : "FAILED");
    return row;
  }
}
