package dev.hindsight.quality;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.DataException;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Labels;
import dev.hindsight.image.ImageShape;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.quality.Classifier.Config;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Adam;
import java.util.List;
import java.util.Objects;

/// How a [Classifier] learns: Adam with a rate that falls to zero along a line. Epochs take turns
/// in how they show images, so that one classifier is for pixels of any kind.
public final class ClassifierTraining {
  private static final int STEPS = 12_000;
  private static final int MOST_EPOCHS = 60;
  private static final int BATCH = 64;
  private static final float RATE = 2e-3f;

  /// Black and white pixels that are drawn, the same by a threshold, and all that bytes say.
  private static final List<View> VIEWS =
      List.of(
          new View(2, Binarize.STOCHASTIC),
          new View(2, Binarize.THRESHOLD),
          new View(ImageShape.MOST_LEVELS, Binarize.THRESHOLD));

  private record View(int levels, Binarize binarize) {}

  private ClassifierTraining() {}

  /// Trains one on labelled images.
  ///
  /// @throws DataException when they have no labels, or fewer than two classes
  public static Classifier train(Backend backend, Dataset images, RandomKey key) {
    Config config = new Config(images.shape(), requireClasses(images));
    int epochs = Math.clamp(STEPS / perEpoch(images), 1, MOST_EPOCHS);
    return train(backend, config, images, VIEWS, epochs, key);
  }

  /// Trains one of as many parameters as another model, on images as that sees them.
  ///
  /// @throws DataException as [#train(Backend, Dataset, RandomKey)]
  public static Classifier train(
      Backend backend, ImageSet images, long parameters, int epochs, RandomKey key) {
    ImageShape shape = images.data().shape();
    Config config = Config.ofSize(shape, requireClasses(images.data()), parameters);
    View view = new View(shape.levels(), images.binarize());
    return train(backend, config, images.data(), List.of(view), epochs, key);
  }

  private static Classifier train(
      Backend backend, Config config, Dataset images, List<View> views, int epochs, RandomKey key) {
    Classifier classifier = new Classifier(backend, config, key);
    try {
      train(backend, classifier, images, views, epochs, key);
      return classifier;
    } catch (RuntimeException e) {
      classifier.close();
      throw e;
    }
  }

  private static int perEpoch(Dataset images) {
    return Batches.training(images, BATCH, Binarize.THRESHOLD, RandomKey.of(0)).perEpoch();
  }

  /// How many classes labelled images have.
  ///
  /// @throws DataException as [#train]
  public static int requireClasses(Dataset images) {
    if (!images.hasLabels()) {
      throw new DataException(
          "%s: its images have no labels, on which the classifier would be trained; give one that"
                  .formatted(images.name())
              + " knows such images by --classifier, or labelled images");
    }
    for (int image = 0; image < images.count(); image++) {
      if (images.label(image) == Labels.NONE) {
        throw new DataException(
            "%s: image %d has no label but others have; label all or none"
                .formatted(images.name(), image));
      }
    }
    int classes = images.classes().size();
    if (classes < 2) {
      throw new DataException(
          "%s: all images are of one class; a classifier needs two or more, so give one that knows"
                  .formatted(images.name())
              + " such images by --classifier");
    }
    return classes;
  }

  private static void train(
      Backend backend,
      Classifier classifier,
      Dataset images,
      List<View> views,
      int epochs,
      RandomKey key) {
    int perEpoch = perEpoch(images);
    Adam adam = new Adam(backend, classifier.parameters());
    for (int epoch = 0; epoch < epochs; epoch++) {
      View view = views.get(epoch % views.size());
      Batches batches =
          Batches.training(images.withLevels(view.levels()), BATCH, view.binarize(), key);
      for (Batch batch : batches.epoch(epoch)) {
        double done = (epoch + (double) batch.index() / perEpoch) / epochs;
        step(backend, classifier, adam, batch, view.levels(), (float) (1 - done) * RATE);
      }
    }
  }

  private static void step(
      Backend backend, Classifier classifier, Adam adam, Batch batch, int levels, float rate) {
    try (Scope scope = backend.open("step")) {
      Tape tape = classifier.parameters().tape(scope);
      Ops ops = new Ops(backend, scope, tape);
      int count = batch.count(); // all of the batch, as in every training
      Tensor target = scope.floats(count, 1);
      backend.write(target, Objects.requireNonNull(batch.labels()));
      Tensor features = classifier.features(ops, classifier.input(scope, batch, levels));
      tape.backward(
          ops.softmaxCrossEntropy(
              ops.reshape(
                  classifier.logits(ops, features), count, 1, classifier.config().classes()),
              target));
      adam.step(scope, rate);
    }
  }
}
