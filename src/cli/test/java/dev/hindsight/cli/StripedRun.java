package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.Runs;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunData;
import dev.hindsight.train.RunFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/// A run with two classes that takes no second: stripes that lie, and stripes that stand.
final class StripedRun {
  static final ImageShape SHAPE = new ImageShape(6, 5, 1, 2);
  static final int TEST = 12;
  private static final int TRAIN = 80;
  private static final float FLIPPED = 0.1f;

  private StripedRun() {}

  /// Trains it, with the data in a folder beside it.
  ///
  /// @param classes that it is conditioned on, 2 or none
  static Path train(Path shared, int classes, float classDropout) throws IOException {
    Path data = shared.resolve("data");
    if (!Files.exists(data)) {
      data(data, TRAIN, TEST);
    }
    Dataset train = Datasets.open(data.toString(), Split.TRAIN);
    Dataset test = Datasets.open(data.toString(), Split.TEST);
    Recipe recipe = Recipe.of(12, 8, 1e-2f).startingFromMeans().withClassDropout(classDropout);
    var made = MadeConfig.random(SHAPE, 32, 1, RandomKey.of(1)).with(Head.of(SHAPE), classes);
    RunData plain = new RunData(data.toString(), train.sha256(), 0);
    RunData source =
        classes == 0
            ? plain
            : new RunData(
                plain.name(),
                plain.pictures(),
                plain.split(),
                plain.sha256(),
                0,
                RunData.Classes.of(train));
    Path path = shared.resolve("run-%d-%s".formatted(classes, classDropout));
    try (Backend backend = Backends.open("cpu");
        RunFolder folder = RunFolder.create(path)) {
      Runs.train(
          backend,
          folder,
          Runs.config(made, recipe, source, backend.numerics()),
          classes == 0 ? train.withoutLabels() : train,
          classes == 0 ? test.withoutLabels() : test);
    }
    return path;
  }

  /// Makes such images.
  static Path data(Path data, int training, int test) throws IOException {
    Files.createDirectories(data);
    write(data, "train", training);
    write(data, "t10k", test);
    return data;
  }

  private static void write(Path data, String name, int count) throws IOException {
    int pixels = SHAPE.pixels();
    ByteBuffer images = ByteBuffer.allocate(16 + count * pixels);
    images.putInt(0x803).putInt(count).putInt(SHAPE.height()).putInt(SHAPE.width());
    ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
    float[] noise = Philox.uniforms(RandomKey.of(2).fold(name), count * pixels);
    for (int k = 0; k < count * pixels; k++) {
      int at = k / pixels % 2 == 0 ? SHAPE.row(k % pixels) : SHAPE.column(k % pixels);
      boolean bright = at % 2 == 0;
      images.put((byte) (bright == noise[k] >= FLIPPED ? 255 : 0));
    }
    for (int i = 0; i < count; i++) {
      labels.put((byte) (i % 2));
    }
    Files.write(data.resolve(name + "-images-idx3-ubyte"), images.array());
    Files.write(data.resolve(name + "-labels-idx1-ubyte"), labels.array());
  }
}
