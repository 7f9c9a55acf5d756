package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.cluster.Cluster;
import dev.hindsight.compare.ComparedRun;
import dev.hindsight.compare.ComparisonPage;
import dev.hindsight.error.UserException;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData.Splits;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.Sizes;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "compare",
    description = {
      "Trains every model and compares them on one page: table, curves, samples.",
      "Finished runs in the folder are not trained again; stopped ones are resumed.",
      ""
    })
final class CompareCommand extends CliCommand {
  @Option(
      names = "--models",
      split = ",",
      paramLabel = "NAME",
      description = "Comma-separated models. Default: all.")
  private List<String> models = BuiltInModel.labels();

  @Mixin private TrainOptions options = new TrainOptions();

  @Mixin private BackendOption backendOption = new BackendOption();

  @Mixin private ClusterOption clusterOption = new ClusterOption();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for the runs, index.html and table.md. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("runs", "compare");

  @Override
  public Integer call() {
    PrintWriter text = out();
    Training training =
        new Training(options, backendOption, clusterOption, text, (_, _) -> ownWords(), true);
    requireModels(training);
    Path page = out.resolve("index.html");
    Path table = out.resolve("table.md");
    String onCluster = "";
    try (ClusterOption cluster = clusterOption) {
      String backend;
      if (cluster.given()) { // before a folder is made for what it cannot do
        String precision = backendOption.precision().label();
        Cluster.WorkerBackend workers =
            cluster.open(text).agree(backendOption.nameForCluster(), precision);
        backend = workers.backend();
        onCluster = workers.description() + "; drawing timed on ";
      } else {
        backend = backendOption.backendName();
      }
      List<RunConfig> wanted = wanted(training, backend);
      requireRuns(training, wanted); // before hours of training, not after
      here(nobody()).close(); // fails before a folder is created
      OutputFolder.require("--out", out);
      OutputFile.require("--out", page);
      OutputFile.require("--out", table);
      for (RunConfig config : wanted) {
        train(training, config, text);
      }
    }
    List<ComparedRun> runs = new ArrayList<>();
    String described;
    try (Backend backend = here(text)) {
      for (String model : models) {
        RunFolder folder = RunFolder.read(out.resolve(model));
        runs.add(ComparedRun.of(folder, RunConfig.read(folder.config()), backend));
      }
      described = onCluster + backend.describe();
    }
    String about =
        "Preset %s on %s, images of %s, test images of the same set. %s; %s."
            .formatted(
                options.preset(),
                options.data().source().place(),
                runs.getFirst().config().model().shape(),
                described,
                LocalDate.now(ZoneId.systemDefault()));
    ComparisonPage.write(page, table, about, runs);
    text.printf("page %s%ntable %s%n", page, table);
    return 0;
  }

  private void requireModels(Training training) {
    for (String model : models) {
      training.requireKnown(model, Sizes.none());
      if (models.indexOf(model) != models.lastIndexOf(model)) {
        throw new UserException("--models names %s twice; name each once".formatted(model));
      }
    }
  }

  /// What the runs of this comparison are, whether they have begun or not.
  private List<RunConfig> wanted(Training training, String backend) {
    Splits images = training.images();
    return models.stream()
        .map(model -> training.config(model, Sizes.none(), images, backend))
        .toList();
  }

  /// Fails where a run can neither begin, go on nor be read, or where it is one of another preset,
  /// backend, …: all runs of a page share them.
  private void requireRuns(Training training, List<RunConfig> wanted) {
    for (RunConfig config : wanted) {
      String model = config.model().name();
      Path path = out.resolve(model);
      if (!RunFolder.holdsRun(path)) {
        requireNoLink(path);
        RunFolder.requireFree(path);
        continue;
      }
      String difference = stored(path).difference(config);
      if (difference != null) {
        throw new UserException(
            "%s: %s; use the same settings, or another --out".formatted(path, difference));
      }
      if (isComplete(path, config)) {
        requireReadable(path);
      } else {
        requireNoLink(path);
        training.requireResumable(model, path);
      }
    }
  }

  /// A run that is complete may be elsewhere, but training writes below the folder that was given.
  private static void requireNoLink(Path run) {
    if (Files.isSymbolicLink(run)) {
      throw new UserException(
          run + ": is a link, and training would write to its target; replace it by the folder");
    }
  }

  private void requireReadable(Path path) {
    try (Backend backend = here(nobody())) {
      StoredRun.open(path).load(backend).close();
    }
  }

  private static PrintWriter nobody() {
    return new PrintWriter(Writer.nullWriter());
  }

  /// The backend of this machine, which need not have what a cluster's have.
  private Backend here(PrintWriter notices) {
    return clusterOption.given() ? Backends.open(Execution.HOLDER) : backendOption.open(notices);
  }

  /// Whether nothing is left to do of what is wanted, which may be more than its folder says.
  private static boolean isComplete(Path path, RunConfig wanted) {
    StoredRun run = new StoredRun(RunFolder.read(path), wanted);
    return Outcome.of(run).isComplete(run);
  }

  private static RunConfig stored(Path path) {
    return RunConfig.read(RunFolder.read(path).config());
  }

  private void train(Training training, RunConfig wanted, PrintWriter text) {
    String model = wanted.model().name();
    Path path = out.resolve(model);
    if (!RunFolder.holdsRun(path)) {
      training.start(model, Sizes.none(), path);
    } else if (isComplete(path, wanted)) {
      text.printf("%s: already trained%n", path);
    } else {
      training.resume(model, path);
    }
  }

  /// This very command: what is trained already is not trained again.
  private String ownWords() {
    return ShellWords.join(
        commandLine().getCommandSpec().root().commandLine().getParseResult().originalArgs());
  }
}
