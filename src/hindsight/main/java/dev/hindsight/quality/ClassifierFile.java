package dev.hindsight.quality;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.Resources;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.format.SafetensorsWriter;
import dev.hindsight.image.ImageShape;
import dev.hindsight.nn.ParameterFile;
import dev.hindsight.quality.Classifier.Config;
import dev.hindsight.random.RandomKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/// Classifiers in files: weights under PyTorch's names, and in the metadata what they are for.
public final class ClassifierFile {
  /// The training images of `mnist` and `mnist10k`, whose classifier is in the jar.
  private static final Set<String> DIGITS =
      Set.of(
          "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
          "b8771e12d0fa1e8bdd9743cf9b95a5ab42d6d76a11731cd97741013334b8a7ba");

  private static final int MOST_CLASSES = 1000;
  private static final String SHIPPED = "mnist-classifier.safetensors";

  private ClassifierFile() {}

  /// Whether the classifier in the jar knows images such as these.
  public static boolean isShippedFor(Dataset training) {
    return DIGITS.contains(training.sha256());
  }

  /// The classifier in the jar, which is of all of MNIST.
  public static Classifier shipped(Backend backend) {
    try {
      Path copy = Files.createTempFile("hindsight", SHIPPED);
      try {
        Files.write(copy, Resources.bytes(ClassifierFile.class, SHIPPED));
        return read(backend, copy);
      } finally {
        Files.deleteIfExists(copy);
      }
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the resource " + SHIPPED, e);
    }
  }

  /// Writes a classifier, whole or not at all.
  ///
  /// @param about more of it, such as the images that it was trained on
  public static void write(
      Backend backend, Classifier classifier, Map<String, String> about, Path file) {
    ImageShape shape = classifier.config().shape();
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("format", "pt")
            .metadata("height", "" + shape.height())
            .metadata("width", "" + shape.width())
            .metadata("channels", "" + shape.channels())
            .metadata("classes", "" + classifier.config().classes());
    about.forEach(writer::metadata);
    float[] flat = backend.readFloats(classifier.parameters().flat().value());
    ParameterFile.add(writer, "", classifier.parameters(), flat);
    writer.write(file);
  }

  /// Reads what [#write] wrote.
  ///
  /// @throws FormatException when it is none, or damaged
  public static Classifier read(Backend backend, Path file) {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      Classifier classifier =
          new Classifier(backend, config(file, reader.metadata()), RandomKey.of(0));
      try {
        classifier.parameters().write(ParameterFile.floats(reader, "", classifier.parameters()));
        return classifier;
      } catch (RuntimeException e) {
        classifier.close();
        throw e;
      }
    }
  }

  private static Config config(Path file, Map<String, String> metadata) {
    try {
      ImageShape shape =
          new ImageShape(
              Integer.parseInt(metadata.getOrDefault("height", "")),
              Integer.parseInt(metadata.getOrDefault("width", "")),
              Integer.parseInt(metadata.getOrDefault("channels", "")),
              ImageShape.MOST_LEVELS);
      int classes = Integer.parseInt(metadata.getOrDefault("classes", ""));
      if (classes < 2 || classes > MOST_CLASSES) {
        throw new NumberFormatException();
      }
      return new Config(shape, classes);
    } catch (NumberFormatException e) {
      throw new FormatException(
          file + ": is no classifier that `quality --classifier` wrote; give another file");
    }
  }
}
