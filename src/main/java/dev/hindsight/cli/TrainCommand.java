package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Preset;
import dev.hindsight.train.ProgressBar;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.Trainer;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
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
  @Parameters(paramLabel = "MODEL", description = "made")
  private String model = "";

  @Mixin private TrainOptions options = new TrainOptions();

  @Mixin private BackendOption backendOption = new BackendOption();

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
    if (resume) {
      resume(out);
    } else {
      start(out);
    }
    return 0;
  }

  private void start(PrintWriter out) {
    Dataset data = Datasets.open(options.data(), Split.TRAIN);
    Preset preset = Preset.of(model, options.preset(), data, options.seed());
    try (Backend backend = backendOption.open(out)) {
      RunConfig config =
          new RunConfig(
              Version.number(),
              preset.model(),
              options.preset(),
              options.adjust(preset.recipe()),
              options.data(),
              data.sha256(),
              options.seed(),
              backend.name(),
              backendOption.precision());
      Dataset test = Datasets.open(config.data(), Split.TEST);
      try (RunFolder folder = RunFolder.create(runPath())) {
        train(folder, config, backend, data, test, out);
      }
    }
  }

  private Path runPath() {
    String time =
        LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
    return run == null ? Path.of("runs", model + "-" + time) : run;
  }

  private void resume(PrintWriter out) {
    if (run == null) {
      throw new UserException("--resume needs the folder of the run; give it with --run");
    }
    try (RunFolder folder = RunFolder.resume(run)) {
      RunConfig config = options.resume(RunConfig.read(folder.config()));
      if (!config.model().name().equals(model)) {
        throw new UserException(
            "%s: is a run of %s, not of %s; train that, or give another --run"
                .formatted(run, config.model().name(), model));
      }
      Dataset data = Datasets.open(config.data(), Split.TRAIN);
      if (!data.sha256().equals(config.dataSha256())) {
        throw new UserException(
            "%s: its data '%s' has changed since the run began; restore it or start a new run"
                .formatted(run, config.data()));
      }
      try (Backend backend = backendOption.open(out)) {
        if (!backend.name().equals(config.backend())) {
          throw new UserException(
              "%s: was trained on %s, which rounds in another way than %s; give --backend %s"
                  .formatted(run, config.backend(), backend.name(), config.backend()));
        }
        train(folder, config, backend, data, Datasets.open(config.data(), Split.TEST), out);
      }
    }
  }

  private void train(
      RunFolder folder,
      RunConfig config,
      Backend backend,
      Dataset data,
      Dataset test,
      PrintWriter out) {
    AtomicBoolean finished = new AtomicBoolean();
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> sayHowToResume(finished, folder, System.err::println)));
    ProgressBar bar = ProgressBar.on(System.out);
    try (AutoregressiveModel fresh =
        config.model().create(backend, RandomKey.of(config.seed()).fold("weights"))) {
      describe(out, config, fresh, backend, data, test);
      folder.write(folder.config().getFileName().toString(), config.toJson());
      Trainer.Result result =
          new Trainer(folder, config, backend, fresh, data, test, bar).run(resume);
      finished.set(true);
      bar.line(
          String.format(
              Locale.ROOT,
              "best %.2f nats at epoch %d, last %.2f at epoch %d%nweights %s%nsamples %s",
              result.bestNats(),
              result.bestEpoch(),
              result.lastNats(),
              result.epochs(),
              folder.model(),
              folder.samples()));
    } catch (RuntimeException e) {
      finished.set(true); // its message says what to do
      throw e;
    } finally {
      bar.close();
    }
  }

  private static void describe(
      PrintWriter out,
      RunConfig config,
      AutoregressiveModel model,
      Backend backend,
      Dataset data,
      Dataset test) {
    out.printf(
        Locale.ROOT,
        "%s (preset %s): %,d parameters, %,d multiply-adds an image; %s%n",
        config.model().name(),
        config.preset(),
        model.parameters().count(),
        model.multiplyAdds(),
        backend.describe());
    out.printf(
        Locale.ROOT,
        "data %s: %,d images to train on, %,d to test; %s; seed %d%n",
        data.name(),
        data.count(),
        test.count(),
        config.recipe().describe(),
        config.seed());
    out.flush();
  }

  /// Ctrl-C in mid-epoch loses nothing but that epoch; say how to get it back.
  private void sayHowToResume(AtomicBoolean finished, RunFolder folder, Consumer<String> err) {
    if (!finished.get() && Files.exists(folder.optimizer())) {
      err.accept(
          "\nhindsight: stopped; go on with: ./hindsight train %s --run %s --resume"
              .formatted(model, folder.path()));
    }
  }
}
