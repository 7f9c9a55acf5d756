package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.compare.ComparedRun;
import dev.hindsight.compare.ComparisonPage;
import dev.hindsight.error.UserException;
import dev.hindsight.train.Preset;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.Sizes;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `hindsight compare`.
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains every model and puts them side by side on one page: table, curves, samples.",
      "A run that is in the folder already is not trained again, one that was stopped goes on.",
      ""
    })
final class CompareCommand implements Callable<Integer> {
  @Option(
      names = "--models",
      split = ",",
      paramLabel = "NAME",
      description = "Which, with commas between them. Default: all.")
  private List<String> models = Preset.MODELS;

  @Mixin private TrainOptions options = new TrainOptions();

  @Mixin private BackendOption backendOption = new BackendOption();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the runs, index.html and table.md go. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("runs", "compare");

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter text = Objects.requireNonNull(spec).commandLine().getOut();
    for (String model : models) {
      if (!Preset.MODELS.contains(model)) {
        throw new UserException(
            "no model is called '%s'; there are: %s"
                .formatted(model, String.join(", ", Preset.MODELS)));
      }
    }
    for (String model : models) {
      train(model, text);
    }
    List<ComparedRun> runs = new ArrayList<>();
    String described;
    try (Backend backend = backendOption.open(text)) {
      for (String model : models) {
        RunFolder folder = RunFolder.read(out.resolve(model));
        runs.add(ComparedRun.of(folder, RunConfig.read(folder.config()), backend));
      }
      described = backend.describe();
    }
    String about =
        "Preset %s on %s, test images of the same set. %s; %s."
            .formatted(
                options.preset(), options.data(), described, LocalDate.now(ZoneId.systemDefault()));
    Path page = out.resolve("index.html");
    Path table = out.resolve("table.md");
    ComparisonPage.write(page, table, about, runs);
    text.printf("page %s%ntable %s%n", page, table);
    text.flush();
    return 0;
  }

  private void train(String model, PrintWriter text) {
    Path path = out.resolve(model);
    Training training = new Training(options, backendOption, text);
    if (!Files.exists(path.resolve("config.json"))) {
      training.start(model, Sizes.ofPreset(), path);
      return;
    }
    RunFolder folder = RunFolder.read(path);
    if (ComparedRun.isComplete(folder, options.resume(RunConfig.read(folder.config())))) {
      text.printf("%s: is trained%n", path);
      text.flush();
    } else {
      training.resume(model, path);
    }
  }
}
