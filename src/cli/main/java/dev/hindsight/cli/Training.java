package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.cluster.Cluster;
import dev.hindsight.data.DataSource;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.Ending;
import dev.hindsight.error.UserException;
import dev.hindsight.exchange.Shards;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Arithmetic;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Preset;
import dev.hindsight.train.ProgressBar;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.RunData.Splits;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.Sizes;
import dev.hindsight.train.Trainer;
import dev.hindsight.train.TrainingRun;
import dev.hindsight.train.TrainingStep;
import dev.hindsight.train.WorkerGroup;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// Trains in a run folder, from the start or from its last checkpoint, and prints progress.
///
/// @param drawsEpochs whether it also draws samples after epochs
record Training(
    TrainOptions options,
    BackendOption backendOption,
    ClusterOption clusterOption,
    PrintWriter out,
    ResumeCommand resumeCommand,
    boolean drawsEpochs) {
  interface ResumeCommand {
    String command(RunConfig config, Path run);
  }

  /// Fails where what was asked for cannot be, whatever the images are: nobody downloads any for a
  /// name that is wrong.
  void requireKnown(String model, Sizes sizes) {
    BuiltInModel known = BuiltInModel.labelled(model);
    Recipe recipe = known.preset(options.preset()).recipe();
    known.requireKnown(sizes);
    options.requireClasses();
    int shards = options.shards(clusterOption.given());
    clusterOption.check(shards);
    new Shards(shards).requireBatch(options.adjust(recipe).batch());
    options.checkpointEvery();
    backendOption.requireKnown();
  }

  /// The images of a new run. Those that are held out are drawn once.
  Splits images() {
    DataSource source = options.data().source();
    Dataset data = options.quantised(options.data().open(source, Split.TRAIN));
    return new RunData(
            Datasets.fromAnywhere(source.place()),
            source.pictures(),
            data.split(),
            data.sha256(),
            options.validation(data),
            options.classes(data))
        .split(data, test(source, data));
  }

  /// The test images that belong to some training images.
  private Dataset test(DataSource source, Dataset training) {
    Dataset test = options.data().open(source, Split.TEST).withLevels(training.shape().levels());
    if (!test.shape().equals(training.shape())) {
      throw new UserException(
          "--data %s has training images of %s but test images of %s; make them of one size"
              .formatted(source.place(), training.shape(), test.shape()));
    }
    return test;
  }

  /// What a new run would be.
  RunConfig config(String model, Sizes sizes, Splits images, String backend) {
    ImageShape shape = images.training().shape();
    Head head = options.head(shape);
    options.requireSymmetries(shape);
    Preset preset =
        BuiltInModel.labelled(model)
            .preset(options.preset())
            .fit(shape, images.training().count(), head, sizes);
    RunConfig config =
        new RunConfig(
            Version.number(),
            options.inOrders(
                preset.config(
                    sizes,
                    images.training(),
                    head,
                    options.classesOfModel(images.source()),
                    options.seed())),
            options.preset(),
            options.adjust(preset.recipe(), shape),
            images.source(),
            options.seed(),
            new Arithmetic(
                backend,
                backendOption.precision().label(),
                options.shards(clusterOption.given()),
                List.of()));
    requireEqualShards(config, images.training());
    return config;
  }

  /// A set that is smaller than a batch is one batch.
  private static void requireEqualShards(RunConfig config, Dataset training) {
    new Shards(config.arithmetic().shards())
        .requireBatch(Math.min(config.recipe().batch(), training.count()));
  }

  private record Setting(RunFolder folder, RunConfig config, Execution execution, Splits images) {

    AutoregressiveModel model() {
      RandomKey key = RandomKey.of(config.seed()).fold("weights");
      return config.model().create(execution.holder(), key);
    }

    TrainingRun run(AutoregressiveModel model, ProgressBar bar, boolean graph) {
      Backend holder = execution.holder();
      Cluster cluster = execution.cluster();
      if (cluster == null) {
        return new TrainingRun(folder, config, holder, model, images, bar, graph);
      }
      WorkerGroup workers =
          cluster.workers(config, holder, model, images.training(), images.validation(), graph);
      return new TrainingRun(folder, config, holder, model, images, workers, bar, graph);
    }
  }

  /// A new run; `path` must not hold one.
  void start(String model, Sizes sizes, Path path) {
    requireKnown(model, sizes);
    Splits images = images();
    RunConfig config = config(model, sizes, images, backendOption.backendName());
    if (clusterOption.given()) {
      RunFolder.requireWritable(path); // before Spark starts, which takes seconds
    }
    try (Execution execution = Execution.open(backendOption, clusterOption, out);
        RunFolder folder = RunFolder.create(path)) {
      Arithmetic here =
          new Arithmetic(
              execution.backend(),
              config.arithmetic().precision(),
              config.arithmetic().shards(),
              List.of(execution.numerics()));
      train(new Setting(folder, config.with(here), execution, images), false);
    }
  }

  /// Resumes the run in `path` from its last checkpoint.
  void resume(String model, Path path) {
    stopped(model, path, out, setting -> train(setting, true));
  }

  /// Fails where [#resume] would be refused. Changes nothing.
  void requireResumable(String model, Path path) {
    PrintWriter nobody = new PrintWriter(Writer.nullWriter());
    stopped(
        model,
        path,
        nobody,
        setting -> {
          try (AutoregressiveModel fresh = setting.model()) {
            setting.run(fresh, ProgressBar.on(System.out), options.graph()).restore();
          }
        });
  }

  private void stopped(String model, Path path, PrintWriter notices, Consumer<Setting> work) {
    try (RunFolder folder = RunFolder.resume(path)) {
      RunConfig stored = options.resume(RunConfig.read(folder.config()));
      if (!stored.model().name().equals(model)) {
        throw new UserException(
            "%s: holds a run of %s, not of %s; train that model, or give another folder"
                .formatted(path, stored.model().name(), model));
      }
      DataSource source = options.data().source(stored);
      String place = source.place();
      Dataset data =
          options.data().open(source, Split.TRAIN).withLevels(stored.model().shape().levels());
      requireSameShape(path, stored, place, data);
      requireSameImages(path, stored.data(), place, data);
      requireSameClasses(path, stored.data(), data);
      RunData now =
          Datasets.isName(stored.data().name())
              ? stored.data()
              : stored.data().at(Datasets.fromAnywhere(place));
      RunConfig config = stored.with(now);
      clusterOption.check(config.arithmetic().shards());
      try (Execution execution = Execution.open(backendOption, clusterOption, notices)) {
        requireSameBackend(path, config.arithmetic(), execution);
        RunConfig here = goingOn(path, config, execution, notices);
        Splits images = now.split(data, test(source, data));
        work.accept(new Setting(folder, here, execution, images));
      }
    }
  }

  private static void requireSameShape(Path path, RunConfig stored, String place, Dataset data) {
    if (!data.shape().equals(stored.model().shape())) {
      throw new UserException(
          "%s: its model is for images of %s but %s has images of %s; give the run's own with --data, or start a new run"
              .formatted(path, stored.model().shape(), place, data.shape()));
    }
  }

  /// Wherever they are: a folder may have moved, or be another one on another machine.
  private static void requireSameImages(Path path, RunData before, String place, Dataset data) {
    if (!data.sha256().equals(before.sha256())) {
      throw new UserException(
          place.equals(before.name())
              ? "%s: its data '%s' has changed since the run began; restore it or start a new run"
                  .formatted(path, place)
              : "--data %s has other images than the run's %s; leave it out, or start a new run without --resume"
                  .formatted(place, before.name()));
    }
  }

  private static void requireSameClasses(Path path, RunData before, Dataset data) {
    if (!before.classes().areNone() && !before.classes().equals(RunData.Classes.of(data))) {
      throw new UserException(
          "%s: the classes or labels of its data have changed since the run began; restore them or start a new run"
              .formatted(path));
    }
  }

  private static void requireSameBackend(Path path, Arithmetic before, Execution execution) {
    if (!execution.backend().equals(before.backend())) {
      throw new UserException(
          "%s: was trained on %s, which rounds differently from %s; give --backend %s"
              .formatted(path, before.backend(), execution.backend(), before.backend()));
    }
  }

  /// A run's settings where it goes on; fails where that means other bits and nobody said that they
  /// may be.
  private RunConfig goingOn(Path path, RunConfig config, Execution execution, PrintWriter notices) {
    String here = execution.numerics();
    String precision = execution.precision();
    Arithmetic before = config.arithmetic();
    if (!precision.equals(before.precision())) {
      takeOtherBits(
          "%s: was trained in %s, not in %s".formatted(path, before.precision(), precision),
          "give --precision " + before.precision(),
          notices);
      return config.with(before.withPrecision(precision).withNumerics(here));
    }
    if (!before.roundsOtherwise(here)) {
      return config;
    }
    takeOtherBits(
        "%s: was trained with %s; this machine has %s, which rounds differently"
            .formatted(path, before.numerics().getLast(), here),
        "resume where it began",
        notices);
    return config.with(before.withNumerics(here));
  }

  private void takeOtherBits(String differs, String remedy, PrintWriter notices) {
    if (!options.otherBits()) {
      throw new UserException(
          "%s; %s, or accept different bits with --allow-other-bits".formatted(differs, remedy));
    }
    notices.println(differs + "; the bits differ from here on");
  }

  private void train(Setting setting, boolean resume) {
    RunFolder folder = setting.folder();
    AtomicBoolean finished = new AtomicBoolean();
    Thread hook = sayingHowToResume(finished, setting.config(), folder);
    Runtime.getRuntime().addShutdownHook(hook);
    ProgressBar bar = ProgressBar.on(System.out);
    try (AutoregressiveModel fresh = setting.model()) {
      describe(setting.config(), fresh, setting.execution(), setting.images());
      TrainingRun run = setting.run(fresh, bar, options.graph());
      run.checkpointEvery(options.checkpointEvery());
      if (drawsEpochs) {
        run.drawEpochs();
      }
      TrainingRun.Result result = run.run(resume);
      finished.set(true);
      Trainer.Result trained = result.trained();
      bar.line(
          String.format(
              Locale.ROOT,
              "best %.2f nats at epoch %d, last %.2f at epoch %d",
              trained.bestNats(),
              trained.bestEpoch(),
              trained.lastNats(),
              trained.epochs()));
      result
          .test()
          .ifPresent(
              test -> {
                bar.line(Figures.line("test", test, setting.config().model().shape()));
                bar.line(Protocol.of(setting.config()).describe());
              });
      bar.line("weights " + folder.model());
      bar.line("samples " + folder.samples());
    } catch (RuntimeException e) {
      Ending.leaveItTheLastWord();
      finished.set(true); // its message says what to do
      throw e;
    } finally {
      bar.close();
      if (finished.get()) {
        remove(hook);
      }
    }
  }

  /// Of what it is given it keeps the settings and the folder: `compare` trains several models, and
  /// the data of one must not stay until the last has ended.
  private Thread sayingHowToResume(AtomicBoolean finished, RunConfig config, RunFolder folder) {
    Consumer<String> err = System.err::println; // as it is now: a cluster that ends silences it
    return new Thread(() -> sayHowToResume(finished, config, folder, err));
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // the process is ending; the hook then prints nothing
    }
  }

  private void describe(
      RunConfig config, AutoregressiveModel model, Execution execution, Splits images) {
    int heldOut = config.data().validation();
    out.printf(
        Locale.ROOT,
        "%s (preset %s): %,d parameters, %,d multiply-adds per image; %s%n",
        config.model().name(),
        config.preset(),
        model.parameters().count(),
        model.multiplyAdds(),
        execution.description());
    if (!config.model().remark().isEmpty()) {
      out.println(config.model().remark());
    }
    out.printf(
        Locale.ROOT,
        "data %s: %,d training images of %s, %s%,d test images; %s; seed %d%n",
        images.training().name(),
        images.training().count(),
        images.training().shape(),
        heldOut == 0 ? "" : String.format(Locale.ROOT, "%,d hold-out images, ", heldOut),
        images.test().count(),
        (config.model().classes() == 0 ? "" : config.model().classes() + " classes; ")
            + config.recipe().describe(config.model().shape()),
        config.seed());
    if (execution.holder().gpuStream() != null) {
      int batch = Math.min(config.recipe().batch(), images.training().count());
      out.printf(
          Locale.ROOT,
          "GPU memory: model, optimizer and a step of %,d images reserve %,d bytes%n",
          batch,
          TrainingStep.reservedBytes(
              config.model(),
              config.recipe(),
              new Shards(config.arithmetic().shards()),
              batch,
              execution.holder().precision()));
    }
  }

  /// Ctrl-C loses at most the current epoch; prints how to resume.
  private void sayHowToResume(
      AtomicBoolean finished, RunConfig config, RunFolder folder, Consumer<String> err) {
    if (!finished.get() && Files.exists(folder.config())) {
      err.accept(
          "\nhindsight: stopped; resume with: ./hindsight "
              + resumeCommand.command(config, folder.path()));
    }
  }
}
