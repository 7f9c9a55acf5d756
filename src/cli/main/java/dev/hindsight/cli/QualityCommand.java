package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.compare.QualityPage;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Labels;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.quality.Classifier;
import dev.hindsight.quality.ImageSet;
import dev.hindsight.quality.Quality;
import dev.hindsight.quality.Quality.Drawn;
import dev.hindsight.quality.Quality.Found;
import dev.hindsight.quality.Quality.Settings;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "quality",
    description = {
      "Measures how good samples of a run are, beside test images as the scale.",
      "Prints Fréchet distance, precision, recall, bits/dim and copies, and writes a page.",
      ""
    })
final class QualityCommand extends CliCommand {
  private static final int USUAL_SAMPLES = 1000;
  private static final int MOST_SAMPLES = 10_000;

  @Parameters(paramLabel = "RUN", description = NamedRun.DESCRIPTION)
  private Path run = Path.of("");

  @Option(
      names = "--samples",
      paramLabel = "N",
      description =
          "Images to draw, and of test images as many. Default: "
              + USUAL_SAMPLES
              + ", or all test images where there are fewer.")
  private @Nullable Integer samples;

  @Option(
      names = "--neighbours",
      paramLabel = "K",
      description =
          "Of precision and recall: how far a manifold reaches. Default: ${DEFAULT-VALUE}.")
  private int neighbours = 3;

  @Option(
      names = "--guidance",
      split = ",",
      paramLabel = "W",
      description =
          "For a run trained with --class-dropout, a row for each: samples of their classes by this"
              + " guidance, and what it does to the likelihood of test images. Default: 0.")
  private List<Float> guidance = List.of(0f);

  @Mixin private ClassifierOption classifierOption = new ClassifierOption();

  @Mixin private DataOptions data = new DataOptions();

  @Mixin private DrawOptions drawOptions = new DrawOptions();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "The page to write. Default: quality.html in the run folder, and beside it quality.json,"
              + " which compare shows.")
  private @Nullable Path out;

  @Option(names = "--json", description = "Print one line of JSON, all figures with intervals.")
  private boolean json;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Override
  public Integer call() {
    if (samples != null) {
      requireSamples(samples);
    }
    drawOptions.check();
    PrintWriter notices = notices(json);
    StoredRun stored = StoredRun.open(NamedRun.find(run, notices));
    stored.requireWeights();
    drawOptions.requireOrder(stored.config());
    guidance.forEach(w -> KnownClasses.requireGuidable(stored, w));
    Path page = NamedRun.output(stored, out, stored.folder().qualityPage());
    OutputFile.require("--out", numbers(page));
    Dataset test = open(stored, Split.TEST);
    Dataset all = open(stored, Split.TRAIN);
    Dataset learnt =
        data.place() == null ? stored.config().data().split(all, test).training() : all;
    int count = count(test, learnt);
    try (Backend backend = backendOption.open(notices);
        AutoregressiveModel model = stored.load(backend);
        Classifier classifier = classifierOption.open(backend, all, notices)) {
      Conditioning of = KnownClasses.like(stored, test, count);
      List<Drawn> samples = new ArrayList<>();
      for (float w : guidance) {
        float[] images =
            drawOptions
                .draw(backend, model, count, of.withGuidance(w), 0, new float[0], json)
                .images();
        samples.add(new Drawn(w, samples(stored, images, of)));
      }
      Quality.Sets sets = sets(stored, samples, test, learnt, count);
      Found found =
          Quality.measure(
              backend,
              model,
              Protocol.of(stored.config()),
              classifier,
              classifierOption.describe(all),
              sets,
              new Settings(neighbours, drawOptions.seed()));
      write(stored, page, backend, sets, found);
    }
    return 0;
  }

  /// The file of figures beside a page.
  private static Path numbers(Path page) {
    String name = String.valueOf(page.getFileName());
    return page.resolveSibling(name.replaceFirst("\\.html?$", "") + ".json");
  }

  private void requireSamples(int count) {
    if (count > MOST_SAMPLES) {
      throw new UserException(
          "--samples must be at most %d but is %d".formatted(MOST_SAMPLES, count));
    }
    Quality.requireEnough(count, neighbours);
  }

  private Dataset open(StoredRun stored, Split split) {
    return stored.config().data().classes().fit(data.open(stored, split));
  }

  /// Sets of one size: a Fréchet distance depends on it.
  private int count(Dataset test, Dataset training) {
    int most = Math.min(test.count(), training.count());
    if (samples != null && samples > most) {
      throw new UserException(
          "--samples %d: %s has %d images for testing and %d for training, and sets of other sizes"
                  .formatted(samples, test.name(), test.count(), training.count())
              + " cannot be compared; ask for at most %d".formatted(most));
    }
    int count = samples == null ? Math.min(USUAL_SAMPLES, most) : samples;
    requireSamples(count);
    return count;
  }

  private static ImageSet samples(StoredRun stored, float[] images, Conditioning of) {
    int[] classes = of.labels().stream().mapToInt(label -> label).toArray();
    @Nullable Labels labels =
        of.isNone() ? null : Labels.numbered(classes); // else it sees no class
    return ImageSet.ofLevels("samples", stored.config().model().shape(), images, labels);
  }

  private Quality.Sets sets(
      StoredRun stored, List<Drawn> samples, Dataset test, Dataset training, int count) {
    var how = stored.config().recipe().pixels().binarize();
    RandomKey key = RandomKey.of(drawOptions.seed()).fold("test images");
    return new Quality.Sets(
        samples, new ImageSet(test, how).draw(count, key), new ImageSet(training, how));
  }

  private void write(StoredRun stored, Path page, Backend backend, Quality.Sets sets, Found found) {
    Quality quality = found.quality();
    String about =
        "Samples of the run %s (%s, images of %s) beside images of %s. %s."
            .formatted(
                stored.folder().path().toAbsolutePath().normalize().getFileName(),
                stored.config().model().name(),
                stored.config().model().shape(),
                sets.training().data().name(),
                backend.describe());
    QualityPage.write(page, about, sets, found);
    AtomicFile.write(numbers(page), Json.pretty(quality).getBytes(StandardCharsets.UTF_8));
    if (json) {
      out().println(Json.line(quality));
      return;
    }
    out().println("features of " + QualityPage.classifier(quality));
    for (QualityPage.Line line : QualityPage.lines(quality)) {
      String name = line.name();
      for (QualityPage.Cell cell : line.of()) {
        out().printf("%-24s %-14s %s%n", name, cell.set(), cell.figure());
        name = ""; // of the rows below
      }
    }
    out().println("page " + page);
  }
}
