package dev.hindsight.cli;

import dev.hindsight.error.UserException;
import dev.hindsight.train.RunConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `hindsight train MODEL`.
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains a model and leaves a run folder.",
      "It holds the best weights, all that is needed to go on, metrics (JSON lines and TensorBoard)"
          + " and a sheet of samples.",
      ""
    })
final class TrainCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      description = "${COMPLETION-CANDIDATES}",
      completionCandidates = ModelNames.class)
  private String model = "";

  @Mixin private TrainOptions options = new TrainOptions();

  @Mixin private SizeOptions sizes = new SizeOptions();

  @Mixin private BackendOption backendOption = new BackendOption();

  @Mixin private ClusterOption clusterOption = new ClusterOption();

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "The run folder. Default: runs/MODEL-DATE-TIME.")
  private @Nullable Path run;

  @Option(
      names = "--resume",
      description = "Go on with the run in --run after its last whole epoch, with its settings.")
  private boolean resume;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    try (ClusterOption cluster = clusterOption) {
      train(new Training(options, backendOption, cluster, out, this::wayBack));
    }
    return 0;
  }

  private void train(Training training) {
    if (resume) {
      sizes.requireNone("a run that goes on keeps its model");
      if (run == null) {
        throw new UserException("--resume needs the folder of the run; give it with --run");
      }
      training.resume(model, run);
    } else {
      training.start(model, sizes.sizes(), runPath());
    }
  }

  /// The command that goes on with a run in the same way: what the run's folder does not keep is
  /// said again.
  String wayBack(RunConfig config, Path path) {
    List<String> words =
        new ArrayList<>(
            List.of("train", config.model().name(), "--run", path.toString(), "--resume"));
    words.addAll(
        backendOption.words(config.arithmetic().backend(), config.arithmetic().precision()));
    words.addAll(clusterOption.words());
    words.addAll(options.wordsToResume());
    return ShellWords.join(words);
  }

  private Path runPath() {
    String time =
        LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
    return run == null ? Path.of("runs", model + "-" + time) : run;
  }
}
