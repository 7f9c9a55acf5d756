package dev.hindsight.cli;

import dev.hindsight.backend.Precision;
import dev.hindsight.error.UserException;
import dev.hindsight.train.RunConfig;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "train",
    description = {
      "Trains a model and writes a run folder.",
      "It holds the best weights, a checkpoint to resume from, metrics (JSON "
          + "lines and TensorBoard) and a sheet of samples.",
      ""
    })
final class TrainCommand extends CliCommand {
  /// Options that a resumed run needs again, and more epochs than it had.
  private static final String[] NOT_IN_CONFIG = {
    "--device",
    "--epochs",
    "--checkpoint-every",
    "--no-graph",
    "--allow-other-bits",
    "--offline",
    "--cluster",
    "--workers",
    "--exchange",
    "--secret",
    "--conf"
  };

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
      description = "Resume the run in --run from its last checkpoint, with its settings.")
  private boolean resume;

  @Override
  public Integer call() {
    try (ClusterOption _ = clusterOption) {
      train(training());
    }
    return 0;
  }

  private Training training() {
    return new Training(options, backendOption, clusterOption, out(), this::resumeCommand, false);
  }

  /// What a new run of this command would be; its images are opened.
  RunConfig config() {
    Training training = training();
    training.requireKnown(model, sizes.sizes());
    return training.config(model, sizes.sizes(), training.images(), backendOption.backendName());
  }

  private void train(Training training) {
    if (resume) {
      sizes.requireNone("a resumed run keeps its model");
      if (run == null) {
        throw new UserException("--resume needs the folder of the run; give it with --run");
      }
      training.resume(model, run);
    } else {
      training.start(model, sizes.sizes(), runPath());
    }
  }

  /// The command that resumes a run in the same way, with the options that the run folder does not
  /// store.
  String resumeCommand(RunConfig config, Path path) {
    List<String> words =
        new ArrayList<>(
            List.of("train", config.model().name(), "--run", path.toString(), "--resume"));
    words.addAll(List.of("--backend", config.arithmetic().backend()));
    if (!config.arithmetic().precision().equals(Precision.FP32.label())) {
      words.addAll(List.of("--precision", config.arithmetic().precision()));
    }
    words.addAll(given(NOT_IN_CONFIG));
    return ShellWords.join(words);
  }

  private Path runPath() {
    String time =
        LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
    return run == null ? Path.of("runs", model + "-" + time) : run;
  }
}
