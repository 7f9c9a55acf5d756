package dev.hindsight.quality;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.GuidedModel;
import dev.hindsight.quality.Classifier.Seen;
import dev.hindsight.quality.Gaussian.FrechetDistance;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.Protocol;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/// How good samples are, and on the same scale how good as many test images would be.
///
/// @param images of each set: samples, test images, and training images that both are compared with
/// @param neighbours k of precision and recall
/// @param seed of all that is drawn: images, and the sets of intervals
/// @param classifier whose features are compared, in words
/// @param accuracy the share of the test images whose class it finds; null where they have no
///   labels
/// @param testImages what a perfect model would have
/// @param samples of each guidance that was asked for; without guidance, one
public record Quality(
    int images,
    int neighbours,
    long seed,
    String classifier,
    @JsonProperty("classifier_accuracy") @Nullable Double accuracy,
    @JsonProperty("test_images") Row testImages,
    List<Samples> samples) {
  public Quality { // from a file, anything may be missing
    Objects.requireNonNull(classifier);
    Objects.requireNonNull(testImages);
    samples = List.copyOf(samples);
    if (images < 1 || samples.isEmpty()) {
      throw new IllegalArgumentException("no samples");
    }
  }

  /// The share of test images that lie as near to a training image as a copy would.
  private static final double COPIES = 0.05;

  private static final long MOST_BYTES = 1 << 16;

  /// Of a set of images.
  ///
  /// @param frechetDistance between its features and those of training images
  /// @param precision the share of its images in the manifold of training images
  /// @param recall the share of training images in its manifold
  /// @param bitsPerDim under the model
  /// @param nearest mean distance of its images to the nearest training image: the root of the mean
  ///   of squared differences of values from 0 to 1
  /// @param copies the share of its images that lie nearer to a training image than 95 of 100 test
  ///   images do
  public record Row(
      @JsonProperty("frechet_distance") Estimate frechetDistance,
      Estimate precision,
      Estimate recall,
      @JsonProperty("bits_per_dim") Estimate bitsPerDim,
      Estimate nearest,
      Estimate copies) {
    public Row {
      for (Object figure :
          new Object[] {frechetDistance, precision, recall, bitsPerDim, nearest, copies}) {
        Objects.requireNonNull(figure);
      }
    }
  }

  /// Of samples.
  ///
  /// @param guidance W, by which they were drawn; 0 = the model as it is
  /// @param testBitsPerDim of the test images under what they were drawn from
  public record Samples(
      float guidance, Row row, @JsonProperty("test_bits_per_dim") Estimate testBitsPerDim) {
    public Samples {
      Objects.requireNonNull(row);
      Objects.requireNonNull(testBitsPerDim);
    }
  }

  /// Of samples that were drawn from the model as it is, where there are any.
  public Optional<Row> unguided() {
    return samples.stream().filter(s -> s.guidance() == 0).map(Samples::row).findFirst();
  }

  /// What is compared.
  ///
  /// @param samples of each guidance
  /// @param test as many as samples of each
  /// @param training all that the model has learnt from
  public record Sets(List<Drawn> samples, ImageSet test, ImageSet training) {
    public Sets {
      samples = List.copyOf(samples);
    }
  }

  /// Samples by a guidance.
  public record Drawn(float guidance, ImageSet images) {}

  /// A result, and of each guidance the nearest training image of each sample.
  public record Found(Quality quality, List<NearestImages> nearest) {
    public Found {
      nearest = List.copyOf(nearest);
    }
  }

  /// Reads what [Json#pretty] wrote of one.
  ///
  /// @throws FormatException when it is none
  public static Quality read(Path file) {
    String text = Json.text(file, MOST_BYTES);
    try {
      @Nullable Quality found = Json.record(text, Quality.class); // null is JSON, too
      if (found != null) {
        return found;
      }
    } catch (JacksonException _) {
      // in the same words
    }
    throw new FormatException(file + ": is not what `quality` writes; delete it, or measure again");
  }

  /// Fails where there are too few images to compare.
  ///
  /// @param images of each set
  public static void requireEnough(int images, int neighbours) {
    if (images <= Classifier.FEATURES) {
      throw new UserException(
          "%d samples are too few: a Fréchet distance of %d features needs at least %d; ask for more"
              .formatted(images, Classifier.FEATURES, Classifier.FEATURES + 1));
    }
    if (neighbours < 1 || neighbours >= images) {
      throw new UserException(
          "--neighbours must be from 1 to %d, one less than there are samples, but is %d"
              .formatted(images - 1, neighbours));
    }
  }

  /// Compares samples and as many test images with as many training images.
  ///
  /// @param protocol how the model's likelihood is measured
  /// @param name of the classifier
  public static Found measure(
      Backend backend,
      AutoregressiveModel model,
      Protocol protocol,
      Classifier classifier,
      String name,
      Sets sets,
      Settings settings) {
    int images = sets.test().count();
    int k = settings.neighbours();
    requireEnough(images, k);
    RandomKey key = RandomKey.of(settings.seed()).fold("quality");
    ImageSet reference = sets.training().draw(images, key.fold("training images"));
    float[][] real = classifier.look(reference, 0).features();
    var against = new Against(real, Gaussian.of(real).distance(), new Manifold(real, k), k, key);
    Seen test = classifier.look(sets.test(), 0);
    ImageSet all = sets.training().mean();
    NearestImages ofTest = NearestImages.of(backend, sets.test(), all);
    double[] sorted = ofTest.distances().clone();
    Arrays.sort(sorted);
    double near = Estimate.percentile(sorted, COPIES);
    var nats = new Nats(backend, model, protocol);
    Row testRow =
        against.row(test.features(), nats.bitsPerDim(sets.test(), 0), ofTest.distances(), near);
    List<Samples> rows = new ArrayList<>();
    List<NearestImages> nearest = new ArrayList<>();
    for (Drawn drawn : sets.samples()) {
      NearestImages of = NearestImages.of(backend, drawn.images(), all);
      float[][] features = classifier.look(drawn.images(), 0).features();
      Row row = against.row(features, nats.bitsPerDim(drawn.images(), 0), of.distances(), near);
      nearest.add(of);
      rows.add(
          new Samples(
              drawn.guidance(),
              row,
              drawn.guidance() == 0
                  ? testRow.bitsPerDim()
                  : against.bits(nats.bitsPerDim(sets.test(), drawn.guidance()))));
    }
    @Nullable Double accuracy =
        sets.test().data().hasLabels() ? test.found().accuracy(sets.test().data()) : null;
    return new Found(
        new Quality(images, k, settings.seed(), name, accuracy, testRow, rows), nearest);
  }

  /// How to measure.
  public record Settings(int neighbours, long seed) {}

  private record Nats(Backend backend, AutoregressiveModel model, Protocol protocol) {
    private static final int BATCH = 100;

    double[] bitsPerDim(ImageSet images, float guidance) {
      var guided = new GuidedModel(model, guidance);
      var batches = images.batches(BATCH);
      float[] nats =
          Likelihood.overOrders(
              protocol.orders(),
              order -> Likelihood.nll(backend, guided, batches, 0, order, 0, batches.perEpoch()));
      double[] bits = new double[nats.length];
      for (int k = 0; k < bits.length; k++) {
        bits[k] = model.shape().bitsPerDim(nats[k]);
      }
      return bits;
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Against(
      float[][] real, FrechetDistance distance, Manifold manifold, int k, RandomKey key) {
    Row row(float[][] features, double[] bitsPerDim, double[] distances, double near) {
      boolean[] copies = new boolean[distances.length];
      for (int n = 0; n < copies.length; n++) {
        copies[n] = distances[n] < near;
      }
      return new Row(
          Estimate.of(
              features.length, key.fold("frechet"), set -> distance.to(Gaussian.of(features, set))),
          Estimate.ofShare(manifold.holds(features), key.fold("precision")),
          Estimate.ofShare(new Manifold(features, k).holds(real), key.fold("recall")),
          bits(bitsPerDim),
          Estimate.ofMean(distances, key.fold("nearest")),
          Estimate.ofShare(copies, key.fold("copies")));
    }

    Estimate bits(double[] bitsPerDim) {
      return Estimate.ofMean(bitsPerDim, key.fold("bits"));
    }
  }
}
