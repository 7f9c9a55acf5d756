package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.IdxBytes;
import dev.hindsight.testing.Runs;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunData;
import dev.hindsight.train.RunFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// A run of two epochs that takes no second: to break copies and to look at every file afterwards.
final class TinyRun {
  static final int EPOCHS = 2;
  static final int IMAGES = 40;

  private TinyRun() {}

  /// Trains it, with the data in a folder beside it.
  static Path train(Path shared) throws IOException {
    return train(shared, 0);
  }

  /// Trains it without so many of its images.
  static Path train(Path shared, int validation) throws IOException {
    Path data = IdxBytes.folder(shared.resolve("data"), IMAGES, 10);
    Dataset train = Datasets.open(data.toString(), Split.TRAIN);
    Dataset test = Datasets.open(data.toString(), Split.TEST);
    Recipe recipe = Recipe.of(EPOCHS, 10, 1e-3f).startingFromMeans();
    MadeConfig made = MadeConfig.random(ImageShape.MNIST, 8, 1, RandomKey.of(1));
    Path path = shared.resolve("run");
    try (Backend backend = Backends.open("cpu");
        RunFolder folder = RunFolder.create(path)) {
      RunData source = new RunData(data.toString(), train.sha256(), validation);
      Runs.train(
          backend, folder, Runs.config(made, recipe, source, backend.numerics()), train, test);
    }
    return path;
  }

  /// All of a folder elsewhere.
  static Path copy(Path folder, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.toList()) {
        Files.copy(each, to.resolve(folder.relativize(each).toString()));
      }
    }
    return to;
  }

  /// Every file and folder below one by name, a file with its bytes; but for the lock, which is
  /// empty and stays.
  static Map<String, String> contents(Path folder) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.filter(path -> !path.endsWith(".lock")).toList()) {
        String bytes =
            Files.isRegularFile(each) ? Files.readString(each, StandardCharsets.ISO_8859_1) : "";
        contents.put(folder.relativize(each).toString(), bytes);
      }
    }
    return contents;
  }
}
