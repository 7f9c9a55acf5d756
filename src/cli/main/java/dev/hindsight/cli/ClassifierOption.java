package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.quality.Classifier;
import dev.hindsight.quality.ClassifierFile;
import dev.hindsight.quality.ClassifierTraining;
import dev.hindsight.random.RandomKey;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// By whose features images are compared.
final class ClassifierOption {
  @Option(
      names = "--classifier",
      paramLabel = "FILE",
      description =
          "Compare features of this classifier; where there is no such file, train one on the"
              + " labelled training images and write it. Default: of MNIST the one in the jar, else"
              + " one that is trained and not kept.")
  private @Nullable Path file;

  /// Reads or trains it.
  ///
  /// @param images for training
  Classifier open(Backend backend, Dataset images, PrintWriter notices) {
    if (file == null && ClassifierFile.isShippedFor(images)) {
      return ClassifierFile.shipped(backend);
    }
    if (file != null && Files.exists(file)) {
      Classifier classifier = ClassifierFile.read(backend, file);
      ImageShape shape = classifier.config().shape();
      if (!shape.equals(images.shape().withLevels(shape.levels()))) {
        classifier.close();
        throw new UserException(
            "--classifier %s is for images of %s, not of %s; give another file"
                .formatted(file, shape, images.shape()));
      }
      return classifier;
    }
    if (file != null) {
      OutputFile.require("--classifier", file);
    }
    ClassifierTraining.requireClasses(images);
    notices.printf("training a classifier on the labels of %s%n", images);
    Classifier classifier = ClassifierTraining.train(backend, images, RandomKey.of(0));
    if (file != null) {
      ClassifierFile.write(
          backend,
          classifier,
          Map.of("data", images.name(), "sha256", images.sha256(), "seed", "0"),
          file);
    }
    return classifier;
  }

  String describe(Dataset images) {
    if (file != null) {
      return "the classifier " + file.getFileName();
    }
    return ClassifierFile.isShippedFor(images)
        ? "Hindsight's classifier of MNIST"
        : "a classifier trained on the labels of " + images.name();
  }
}
