package dev.hindsight.compare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Binarize;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.quality.Estimate;
import dev.hindsight.quality.Quality;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Arithmetic;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Metrics;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.Published;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.StoredRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  private static final String MNIST =
      "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757";
  static final List<ComparedRun> RUNS =
      List.of(run("made", 3_706_640, 99.5, 93.25, 94.125), run("lstm", 68_737, 151, 120, 91.5));

  private static RunConfig config(String model, String sha256, int validation) {
    Recipe recipe = Recipe.of(3, 32, 1e-3f).startingFromMeans().withBinarize(Binarize.STOCHASTIC);
    ModelConfig sizes =
        model.equals("made")
            ? MadeConfig.random(ImageShape.MNIST, 4, 1, RandomKey.of(0))
            : new LstmConfig(ImageShape.MNIST, 4, 1);
    return new RunConfig(
        "1",
        sizes,
        "base",
        recipe,
        new RunData("mnist", sha256, validation),
        0,
        new Arithmetic("cpu", "fp32", 1, List.of()));
  }

  private static ComparedRun run(String model, long parameters, double... nats) {
    List<Metric> tests = new ArrayList<>();
    for (int k = 0; k < nats.length; k++) {
      tests.add(
          new Metric(
              Metric.Kind.TEST,
              k + 1,
              250L * (k + 1),
              nats[k],
              1e-3,
              1234.4,
              30.8 * k,
              Double.NaN));
    }
    return new ComparedRun(
        config(model, "", 0),
        parameters,
        tests,
        Optional.empty(),
        0.256,
        "Bw==",
        List.of(),
        Optional.empty());
  }

  @Test
  void theTableHasTheBestEpochOfEachModel() {
    assertThat(ComparisonTable.markdown("About.", RUNS).lines())
        .containsExactly(
            "About.",
            "",
            "| model | parameters | test, nats per image | bits/dim | validation | best epoch |"
                + " training | images/s | 25 samples | published |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
            "| made | 3,706,640 | 93.25 | 0.1716 | none | 2 of 3 | 62 s | 1234 | 0.26 s |  |",
            "| lstm | 68,737 | 91.50 | 0.1684 | none | 3 of 3 | 62 s | 1234 | 0.26 s |  |",
            "",
            "Ours: stochastic binarization, mean of 5; epoch chosen on test images; ± is the"
                + " standard error over images.");
  }

  /// The test images' nats are the result, those that chose the epoch stand beside it.
  @Test
  void aRunThatHoldsImagesOutShowsItsTestAndWhatOthersPublished() {
    Metric test = new Metric(Metric.Kind.TEST, 2, 750, 86.5, 1e-3, 1234.4, 61.6, 0.284);
    ComparedRun run =
        new ComparedRun(
            config("made", MNIST, 5000),
            9,
            RUNS.getFirst().epochs(),
            Optional.of(test),
            0.256,
            "Bw==",
            List.of(),
            Optional.empty());
    String table = ComparisonTable.markdown("About.", List.of(run));
    assertThat(table)
        .contains("| made | 9 | 86.50 ± 0.28 | 0.1592 | 93.25 | 2 of 3 |")
        .contains("| 84.87 nats (1 x 8000, pytorch-generative, dynamic); 88.04 nats (1 hidden")
        .contains("epoch chosen on 5,000 validation images; ± is the")
        .contains("Published, static: pixels drawn once for all");
  }

  /// It was stopped while it looked at them, and then somebody drew a sheet: no nats of images that
  /// chose the epoch may stand as those of the test.
  @Test
  void aRunThatNeverSawItsTestImagesIsNotComplete(@TempDir Path run) throws Exception {
    for (int validation : new int[] {0, 5}) {
      RunConfig config = config("made", "", validation);
      Files.write(run.resolve("config.json"), config.toJson());
      Files.writeString(run.resolve("samples.png"), "drawn by sample");
      Files.deleteIfExists(run.resolve("metrics.jsonl"));
      RunFolder folder = RunFolder.read(run);
      StoredRun stored = new StoredRun(folder, config);
      Metric.Kind chooser = validation > 0 ? Metric.Kind.VALIDATION : Metric.Kind.TEST;
      try (Metrics metrics = Metrics.open(folder.metrics(), ImageShape.MNIST)) {
        for (int epoch = 1; epoch <= 3; epoch++) {
          assertThat(Outcome.of(stored).isComplete(stored)).isFalse();
          metrics.add(
              new Metric(chooser, epoch, 250L * epoch, 100 - epoch, 1e-3, 1000, epoch, Double.NaN));
        }
        assertThat(Outcome.of(stored).isComplete(stored)).isEqualTo(validation == 0);
        metrics.add(new Metric(Metric.Kind.TEST, 3, 750, 98, 1e-3, 1000, 3, Double.NaN));
        assertThat(Outcome.of(stored).isComplete(stored)).isTrue();
      }
    }
  }

  /// Of one model as the images ask for it: none of other levels, pixels or data.
  @Test
  void publishedFiguresStandBesideRunsOnTheSameImagesOnly() {
    ImageShape grey = ImageShape.MNIST.withLevels(256);
    ImageShape colours = new ImageShape(32, 32, 3, 256);
    assertThat(published("mnist", MNIST, ImageShape.MNIST, Binarize.STOCHASTIC))
        .isEqualTo("81.50 nats (pytorch-generative, dynamic)");
    assertThat(published("mnist", MNIST, ImageShape.MNIST, Binarize.THRESHOLD)).isEmpty();
    assertThat(published("mnist", "", ImageShape.MNIST, Binarize.STOCHASTIC)).isEmpty();
    assertThat(published("mnist", MNIST, grey, Binarize.THRESHOLD))
        .isEqualTo("0.808 bits/dim (852,160 parameters, at most 150 epochs, uvadlc)");
    assertThat(published("mnist", MNIST, grey.withLevels(16), Binarize.THRESHOLD)).isEmpty();
    assertThat(published("cifar10", "", colours, Binarize.THRESHOLD))
        .isEqualTo("3.03 bits/dim (paper)");
    assertThat(published("cifar10", "", colours.withLevels(8), Binarize.THRESHOLD)).isEmpty();
    assertThat(published("cifar10-part", "", colours, Binarize.THRESHOLD)).isEmpty();
    assertThat(Published.of(config("lstm", MNIST, 0))).isEmpty();
  }

  /// Of a Gated PixelCNN.
  private static String published(String name, String sha256, ImageShape shape, Binarize binarize) {
    var run =
        new RunConfig(
            "1",
            new GatedPixelCnnConfig(shape, 3, 3, 5, false, false),
            "base",
            Recipe.of(1, 32, 1e-3f).startingFromMeans().withBinarize(binarize),
            new RunData(name, sha256, 0),
            0,
            new Arithmetic("cpu", "fp32", 1, List.of()));
    return Published.describe(Published.of(run));
  }

  @Test
  void aCurveIsOverImagesAndOverSeconds() {
    ComparedRun late =
        new ComparedRun(
            config("lstm", "", 0),
            1,
            RUNS.getFirst().epochs().subList(1, 2),
            Optional.empty(),
            0,
            "",
            List.of(),
            Optional.empty());
    Map<String, Object> curve = LearningCurves.of(List.of(RUNS.getFirst(), late)).getLast();
    assertThat(curve).containsEntry("model", "lstm").containsEntry("nats", List.of(93.25));
    assertThat(curve).containsEntry("images", List.of(16000L)); // 500 steps of 32
    assertThat(curve).containsEntry("seconds", List.of(30.8));
  }

  /// A run that nobody measured has no figures among those that have.
  @Test
  void samplesQualityStandsBesideTheNats() {
    Estimate figure = new Estimate(0.25, 0.2, 0.3);
    Quality.Row row = new Quality.Row(figure, figure, figure, figure, figure, figure);
    ComparedRun bare = RUNS.getFirst();
    ComparedRun measured =
        new ComparedRun(
            bare.config(),
            9,
            bare.epochs(),
            Optional.empty(),
            0.256,
            "Bw==",
            List.of(),
            Optional.of(
                new Quality(
                    1000,
                    3,
                    0,
                    "a classifier",
                    0.99,
                    row,
                    List.of(new Quality.Samples(0, row, figure)))));
    String table = ComparisonTable.markdown("About.", List.of(bare, measured));
    assertThat(table)
        .contains("| 25 samples | Fréchet distance | precision | recall | copies | published |")
        .contains("| 0.26 s | none | none | none | none |  |")
        .contains("| 0.26 s | 0.2500 | 0.250 | 0.250 | 0.250 |  |")
        .contains("Of 1000 test images: Fréchet distance 0.2500, precision 0.250, recall 0.250,");
  }

  @Test
  void thePageHoldsItsPicturesAndEscapesText(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("index.html");
    ComparisonPage.write(page, folder.resolve("table.md"), "on A & B", RUNS);
    String html = Files.readString(page);
    assertThat(html).contains("<p>on A &amp; B</p>").contains("batch 32, rate 0.001");
    assertThat(html).contains("<td>93.25</td>").contains("src=\"data:image/png;base64,Bw==\"");
    assertThat(html).doesNotContain("src=\"http").doesNotContain("%s");
    assertThat(html).contains("var uPlot=").contains("\"nats\":[99.5,93.25,94.125]}");
    assertThat(folder.resolve("table.md")).content().startsWith("on A & B\n\n| model |");
  }
}
