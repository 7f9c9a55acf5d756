package dev.hindsight.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.DataException;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Labels;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.Json;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.quality.Quality.Sets;
import dev.hindsight.quality.Quality.Settings;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Models;
import dev.hindsight.train.Protocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QualityTest {
  private static final RandomKey KEY = RandomKey.of(1);
  private static Backend backend;
  private static Classifier shipped;
  private static Dataset training;
  private static Dataset test;

  @BeforeAll
  static void open() {
    backend = Backends.open("cpu");
    shipped = ClassifierFile.shipped(backend);
    training = Datasets.open("mnist10k", Split.TRAIN).withLevels(2);
    test = Datasets.open("mnist10k", Split.TEST).withLevels(2);
  }

  @AfterAll
  static void close() {
    shipped.close();
    backend.close();
  }

  private static Quality measure(ImageSet samples, long seed) {
    int count = samples.count();
    try (Made made = MadeConfig.random(ImageShape.MNIST, 4, 1, KEY).create(backend, KEY)) {
      Sets sets =
          new Sets(
              List.of(new Quality.Drawn(0, samples)),
              new ImageSet(test, Binarize.THRESHOLD).draw(count, KEY),
              new ImageSet(training, Binarize.THRESHOLD));
      var protocol = new Protocol(2, Binarize.THRESHOLD, 1, 0, 0, 1);
      return Quality.measure(
              backend, made, protocol, shipped, "digits", sets, new Settings(3, seed))
          .quality();
    }
  }

  @Test
  void theShippedClassifierKnowsDigitsOfAnyLevels() {
    assertThat(ClassifierFile.isShippedFor(Datasets.open("mnist10k", Split.TRAIN))).isTrue();
    assertThat(ClassifierFile.isShippedFor(test)).isFalse();
    for (Binarize how : Binarize.values()) {
      assertThat(shipped.accuracy(new ImageSet(test, how), 1)).isGreaterThan(0.98);
    }
    var grey = new ImageSet(test.withLevels(256), Binarize.THRESHOLD);
    assertThat(shipped.accuracy(grey, 1)).isGreaterThan(0.98);
  }

  @Test
  void trainingImagesAreCopiesAndOtherwiseAsGoodAsTestImages() {
    Quality found = measure(new ImageSet(training, Binarize.THRESHOLD).draw(103, KEY), 1);
    assertThat(found.samples().getFirst().row().copies()).isEqualTo(new Estimate(1, 1, 1));
    assertThat(found.samples().getFirst().row().nearest().value()).isZero();
    assertThat(found.testImages().copies().value()).isBetween(0.03, 0.07);
    assertThat(found.samples().getFirst().row().precision().value()).isGreaterThan(0.6);
    assertThat(found.samples().getFirst().row().recall().value()).isGreaterThan(0.6);
    assertThat(found.accuracy()).isGreaterThan(0.95);
  }

  /// Fair coins for pixels, which the model has learnt nothing of, are what it expects as much.
  @Test
  void noiseIsFarFromDigits() {
    float[] noise = new float[67 * 784];
    for (int k = 0; k < noise.length; k++) {
      noise[k] = k * 7919 / 13 % 2;
    }
    Quality found = measure(ImageSet.ofLevels("noise", ImageShape.MNIST, noise, null), 0);
    assertThat(found.samples().getFirst().row().frechetDistance().low())
        .isGreaterThan(3 * found.testImages().frechetDistance().high());
    assertThat(found.samples().getFirst().row().precision().value()).isLessThan(0.5);
    assertThat(found.samples().getFirst().row().copies().value()).isZero();
    assertThat(found.samples().getFirst().row().nearest().low())
        .isGreaterThan(found.testImages().nearest().high());
    assertThat(found.testImages().bitsPerDim().value()).isBetween(0.9, 1.4); // untrained
  }

  @Test
  void tooFewImagesAreRefused() {
    assertThatThrownBy(() -> Quality.requireEnough(1, 3))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("1 samples are too few: a Fréchet distance of 64 features needs");
    assertThatThrownBy(() -> Quality.requireEnough(64, 3)).hasMessageContaining("at least 65");
    Quality.requireEnough(65, 64);
    assertThatThrownBy(() -> Quality.requireEnough(65, 65)).hasMessageContaining("from 1 to 64");
    assertThatThrownBy(() -> Quality.requireEnough(65, 0)).hasMessageContaining("but is 0");
  }

  /// Of sides that squares do not fill, and of colours: which of two halves is bright.
  @Test
  void aClassifierLearnsAndIsTheSameInItsFile(@TempDir Path temp) throws IOException {
    var shape = new ImageShape(9, 11, 3, 256);
    int count = 130;
    byte[] bytes = new byte[count * shape.values()];
    int[] labels = new int[count];
    for (int image = 0; image < count; image++) {
      labels[image] = image % 2;
      for (int value = 0; value < shape.values(); value++) {
        boolean right = shape.column(shape.pixel(value)) > 5;
        int bright = right == (image % 2 == 1) ? 200 : 40;
        bytes[image * shape.values() + value] = (byte) (bright + (image * 31 + value * 7) % 50);
      }
    }
    Dataset halves = new Dataset("halves", shape, bytes, Labels.numbered(labels));
    Path file = temp.resolve("halves.safetensors");
    var set = new ImageSet(halves, Binarize.THRESHOLD);
    try (Classifier trained = ClassifierTraining.train(backend, halves, KEY)) {
      assertThat(trained.accuracy(set, 1)).isEqualTo(1);
      ClassifierFile.write(backend, trained, Map.of("data", "halves"), file);
      try (Classifier read = ClassifierFile.read(backend, file)) {
        assertThat(read.config()).isEqualTo(trained.config());
        assertThat(read.look(set, 0).features()).isDeepEqualTo(trained.look(set, 0).features());
      }
    }
    try (Classifier wide = ClassifierTraining.train(backend, set, 300_000, 4, KEY)) {
      assertThat(wide.size()).isBetween(290_000L, 310_000L);
      assertThat(wide.accuracy(set, 1)).isEqualTo(1);
    }
    try (Classifier least = ClassifierTraining.train(backend, set, 9, 1, KEY)) {
      assertThat(least.config().channels()).isOne();
    }
    Path run = temp.resolve("model.safetensors");
    try (Made made = MadeConfig.random(ImageShape.MNIST, 4, 1, KEY).create(backend, KEY)) {
      Models.save(backend, made, run);
    }
    assertThatThrownBy(() -> ClassifierFile.read(backend, run))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("is no classifier");
    assertThat(Files.size(file)).isLessThan(700_000);
  }

  @Test
  void aFileThatIsNoneIsRefused(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("quality.json");
    Estimate figure = new Estimate(1, 0, 2);
    Quality.Row row = new Quality.Row(figure, figure, figure, figure, figure, figure);
    Quality quality =
        new Quality(70, 3, 0, "digits", null, row, List.of(new Quality.Samples(0, row, figure)));
    String whole = Json.pretty(quality);
    Files.writeString(file, whole);
    assertThat(Quality.read(file)).isEqualTo(quality);
    for (String wrong :
        List.of(
            "",
            "{}",
            "[]",
            whole.replace("\"recall\"", "\"recalls\""),
            whole.replaceFirst("(?s)\"samples\" : \\[.*]", "\"samples\" : [ ]"),
            whole.replaceFirst("(?s)\"copies\" : \\{[^}]*}", "\"copies\" : null"))) {
      Files.writeString(file, wrong);
      assertThatThrownBy(() -> Quality.read(file))
          .isInstanceOf(FormatException.class)
          .hasMessage(file + ": is not what `quality` writes; delete it, or measure again");
    }
  }

  @Test
  void imagesWithoutClassesAreRefused() {
    byte[] bytes = new byte[4 * 784];
    Dataset none = new Dataset("plain", ImageShape.MNIST, bytes, null);
    assertThatThrownBy(() -> ClassifierTraining.train(backend, none, KEY))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("plain: its images have no labels");
    Dataset one = new Dataset("plain", ImageShape.MNIST, bytes, Labels.numbered(new int[4]));
    assertThatThrownBy(() -> ClassifierTraining.train(backend, one, KEY))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("all images are of one class");
  }
}
