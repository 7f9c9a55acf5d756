package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Split;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.quality.Classifier;
import dev.hindsight.quality.ClassifierTraining;
import dev.hindsight.quality.ImageSet;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.Classification;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "classify",
    description = {
      "Says of which class test images are, by a run that was trained with --classes and Bayes' rule:"
          + " p(class | image) is proportional to p(image | class) p(class).",
      "Prints accuracy, bits of evidence and who was taken for whom; a sheet shows the most"
          + " surprising images.",
      ""
    })
final class ClassifyCommand extends CliCommand {
  private static final int SHOWN = 25;

  @Parameters(paramLabel = "RUN", description = NamedRun.DESCRIPTION)
  private Path run = Path.of("");

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "How many test images, from the first on. Default: all.")
  private @Nullable Integer images;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "The PNG of the images whose class is the least likely by the model. Default:"
              + " surprising.png in the run folder.")
  private @Nullable Path out;

  @Option(
      names = "--baseline",
      description =
          "Also train a classifier that learns p(class | image) itself, of as many parameters, on the"
              + " same images for as many epochs, and print its accuracy.")
  private boolean baseline;

  @Option(
      names = "--json",
      description =
          "Print one line of JSON: accuracy, standard_error, images, surprise_bits (mean of -log2"
              + " p(class | image)), evidence_bits (median log2 odds of the likeliest class over the"
              + " second), classes, prior, confusion (a row for each true class), surprising;"
              + " and of --baseline baseline_accuracy, baseline_parameters.")
  private boolean json;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Override
  public Integer call() {
    if (images != null && images < 1) {
      throw new UserException("--images must be at least 1 but is " + images);
    }
    PrintWriter notices = notices(json);
    StoredRun stored = StoredRun.open(NamedRun.find(run, notices));
    RunConfig config = stored.config();
    if (config.model().classes() < 2) {
      throw new UserException(
          "%s: %s; classify needs a run that was trained with --classes"
              .formatted(
                  run,
                  config.model().classes() == 0 ? "knows no classes" : "knows one class alone"));
    }
    Path file = NamedRun.output(stored, out, stored.folder().path().resolve("surprising.png"));
    Dataset all = data.open(stored, Split.TEST);
    Dataset test = images == null ? all : all.first(images);
    int[] truth = KnownClasses.labels(stored, test);
    Dataset learnt = learnt(config);
    double[] prior = Classification.prior(learnt, config.model().classes());
    try (Backend backend = backendOption.open(notices);
        AutoregressiveModel model = stored.load(backend)) {
      Protocol protocol = Protocol.of(config);
      var found = Classification.of(backend, model, test, protocol, prior);
      requireFinite(found);
      var report = new ClassReport(found, truth, config.data().classes().names());
      @Nullable Baseline beside =
          baseline ? baseline(backend, stored, model, learnt, test, protocol) : null;
      List<Integer> surprising = report.mostSurprising(SHOWN);
      float[] shown = GivenImages.pixels(test, protocol.binarize(), surprising);
      ImageSheet.of(test.shape()).write(file, shown, surprising.size());
      if (json) {
        Map<String, Object> fields = report.fields(prior, surprising);
        if (beside != null) {
          fields.put("baseline_accuracy", beside.accuracy());
          fields.put("baseline_parameters", beside.parameters());
        }
        out().println(Json.line(fields));
      } else {
        report.lines(test.name(), surprising).forEach(out()::println);
        if (beside != null) {
          out().println(beside.line(model.parameters().count()));
        }
        out().println("the most surprising ones: " + file);
      }
    }
    return 0;
  }

  private Dataset learnt(RunConfig config) {
    Dataset training = data.ofRun(config, Split.TRAIN);
    return config.data().split(training, training).training();
  }

  /// A discriminative classifier, to compare with.
  private record Baseline(long parameters, int epochs, double accuracy) {
    String line(long ours) {
      return String.format(
          Locale.ROOT,
          "a classifier that learns the class alone: %.2f %%, with %,d parameters (the run has %,d),"
              + " %d epochs of the same images",
          100 * accuracy,
          parameters,
          ours,
          epochs);
    }
  }

  private static Baseline baseline(
      Backend backend,
      StoredRun stored,
      AutoregressiveModel model,
      Dataset learnt,
      Dataset test,
      Protocol protocol) {
    RunConfig config = stored.config();
    Binarize how = protocol.binarize();
    int epochs = Math.max(1, Outcome.of(stored).epochs().size());
    long parameters = model.parameters().count();
    var training = new ImageSet(learnt, how);
    try (Classifier classifier =
        ClassifierTraining.train(backend, training, parameters, epochs, RandomKey.of(0))) {
      var images = new ImageSet(config.data().classes().fit(test), how);
      return new Baseline(
          classifier.size(), epochs, classifier.accuracy(images, protocol.binarizations()));
    }
  }

  private void requireFinite(Classification found) {
    for (double[] row : found.scores()) {
      for (double score : row) {
        if (!Double.isFinite(score)) {
          throw new NotFiniteException(
              "%s: its weights give %s nats for an image; use another run or train again"
                  .formatted(run, score));
        }
      }
    }
  }
}
