package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.Metric;
import dev.hindsight.train.Metrics;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.Pretrained;
import dev.hindsight.train.Pretrained.Origin;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.StoredRun;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "publish",
    description = {
      "Writes a finished run as weights to hand on: rounded to 16 bits, without what resuming needs.",
      "Measures the rounded weights on the test images and states that. Prints the row and the"
          + " section of the model card.",
      ""
    })
final class PublishCommand extends CliCommand {
  @Parameters(paramLabel = "RUN", description = "The folder of a run that holds images out.")
  private Path run = Path.of("");

  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "MODEL-DATA, then -LEVELS where they are not 2, and -classes.")
  private String name = "";

  @Option(
      names = "--command",
      required = true,
      paramLabel = "LINE",
      description =
          "The 'train MODEL ...' that makes this run; checked against its settings. Its --data is the"
              + " name by which others find the images.")
  private String command = "";

  @Option(
      names = "--machine",
      required = true,
      paramLabel = "TEXT",
      description = "Where and when it was trained.")
  private String machine = "";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to make the folder NAME. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("src/weights/main/resources/dev/hindsight/weights");

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images per batch. Default: ${DEFAULT-VALUE}.")
  private int batch = 100;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Override
  public Integer call() {
    if (!name.matches("[a-z0-9][a-z0-9-]*")) {
      throw new UserException(
          "--name must be of small letters, digits and '-' but is '%s'".formatted(name));
    }
    StoredRun stored = StoredRun.open(NamedRun.find(run, out()));
    stored.requireWeights();
    Outcome outcome = Outcome.of(stored);
    if (outcome.test().isEmpty()) {
      throw new UserException(
          "%s: has no nats of test images that did not choose its epoch; give a finished run that"
                  .formatted(run)
              + " holds images out");
    }
    RunConfig wanted = trainCommand(stored.config().arithmetic().backend()).config();
    String differs = stored.config().difference(wanted);
    if (differs != null) {
      throw new UserException(
          "--command: %s %s; give the command that made it".formatted(run, differs));
    }
    Path folder = out.resolve(name);
    RunFolder.requireFree(folder);
    OutputFolder.require("--out", folder);
    RunConfig config = stored.config().with(wanted.data());
    AtomicFile.write(folder.resolve("config.json"), config.toJson());
    StoredRun published = StoredRun.open(folder);
    Pretrained.write(stored, published.folder().model(), new Origin(command, machine));
    Metric before = outcome.test().get();
    Likelihood found = measure(published);
    writeMetrics(stored, published, found);
    out()
        .printf(
            Locale.ROOT, "%.4f nats by the run, %.4f by these%n", before.nllNats(), found.nats());
    Card card = new Card(name, published);
    out().println(card.row() + System.lineSeparator() + System.lineSeparator() + card.text());
    return 0;
  }

  /// @param backend of the run: a command that names none means that, whatever this machine has
  private TrainCommand trainCommand(String backend) {
    boolean named = command.contains("--backend");
    String line = named ? command : command + " --backend " + backend;
    var parsed = Main.commandLine().parseArgs(line.split(" ")).subcommand();
    if (parsed != null && parsed.commandSpec().userObject() instanceof TrainCommand train) {
      return train;
    }
    throw new UserException("--command must begin with 'train' but is '%s'".formatted(command));
  }

  private Likelihood measure(StoredRun published) {
    RunConfig config = published.config();
    Dataset test = config.data().classes().fit(new DataOptions().open(published, Split.TEST));
    try (Backend backend = backendOption.open(out());
        AutoregressiveModel model = published.load(backend)) {
      return Protocol.of(config).measure(backend, model, test, batch);
    }
  }

  /// All lines of the run, but that the test images are those that these weights were measured on.
  private static void writeMetrics(StoredRun run, StoredRun published, Likelihood found) {
    try (Metrics metrics =
        Metrics.open(published.folder().metrics(), published.config().model().shape())) {
      for (Metric metric : Metrics.read(run.folder().metrics())) {
        metrics.add(metric.kind() == Metric.Kind.TEST ? metric.of(found) : metric);
      }
    }
  }
}
