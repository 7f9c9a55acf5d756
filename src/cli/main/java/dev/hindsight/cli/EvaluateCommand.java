package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.cluster.Cluster;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Split;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.Published;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "evaluate",
    description = {
      "Measures how well a run predicts test images.",
      "Prints nats per image, their standard error, bits/dim, and the protocol; of a run with"
          + " classes also those of each class. With --published, a table of all that ship.",
      ""
    })
final class EvaluateCommand extends CliCommand {
  /// What `--published` goes with.
  private static final Set<String> OF_PUBLISHED =
      Set.of(
          "--published", "--offline", "--batch", "--json", "--backend", "--device", "--precision");

  @Parameters(paramLabel = "RUN", arity = "0..1", description = NamedRun.DESCRIPTION)
  private @Nullable Path named;

  private Path run = Path.of("");

  @Option(
      names = "--published",
      description =
          "Measure all published weights instead, and compare with what is stated of them; exit code"
              + " 1 where a figure does not agree or could not be measured. Takes --offline, --batch,"
              + " --json and --backend.")
  private boolean published;

  @Mixin private DataOptions data = new DataOptions();

  @Option(
      names = "--binarize",
      paramLabel = "HOW",
      description = "threshold or stochastic. Default: the run's.")
  private @Nullable Binarize binarize;

  @Option(
      names = "--binarizations",
      paramLabel = "N",
      description =
          "How often to redraw stochastic pixels; the nats are averaged. Default: "
              + Protocol.BINARIZATIONS
              + ".")
  private @Nullable Integer binarizations;

  @Option(
      names = "--orders",
      paramLabel = "K",
      description =
          "Number of pixel orders over which to average the likelihood, for a run trained with"
              + " --symmetries; the first is raster order. Default: all.")
  private @Nullable Integer orders;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images per batch. Default: ${DEFAULT-VALUE}.")
  private int batch = 100;

  @Option(
      names = "--json",
      description =
          "Print one line of JSON: nll_nats, standard_error, bits_per_dim, images, protocol; of a run"
              + " with classes also classes and, with --class-dropout, nll_nats_without_class."
              + " With --published a line each: name, data, protocol, stated_nll_nats, nll_nats,"
              + " standard_error, bits_per_dim, agrees, detail.")
  private boolean json;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Mixin private ClusterOption clusterOption = new ClusterOption();

  @Override
  public Integer call() {
    if (batch < 1) {
      throw new UserException("--batch must be at least 1 but is " + batch);
    }
    PrintWriter out = out();
    PrintWriter notices = notices(json);
    if (published == (named != null)) {
      throw new UserException("evaluate needs a run: give either RUN or --published");
    }
    if (named == null) {
      requireOnly("--published", OF_PUBLISHED);
      try (Backend backend = backendOption.open(notices)) {
        return new PublishedFigures(backend, data, batch).print(out, json)
            ? 0
            : CommandLines.FAILED;
      }
    }
    run = named;
    StoredRun stored = StoredRun.open(NamedRun.find(run, notices));
    RunData.Classes classes = stored.config().data().classes();
    Dataset test = classes.fit(data.open(stored, Split.TEST));
    Binarize how = binarize == null ? stored.config().recipe().pixels().binarize() : binarize;
    Protocol protocol = Protocol.of(stored.config(), how);
    if (binarizations != null) {
      protocol = protocol.withBinarizations(binarizations);
    }
    if (orders != null) {
      protocol = protocol.withOrders(orders);
      requireTrained(orders, stored.config().model().orders());
    }
    clusterOption.check();
    try (ClusterOption cluster = clusterOption;
        Execution execution = Execution.open(backendOption, cluster, notices);
        AutoregressiveModel model = stored.load(execution.holder())) {
      float[][] nll = nll(execution, stored, model, protocol, test);
      Likelihood found = Likelihood.of(nll);
      requireFinite(found);
      @Nullable ClassFigures ofClasses = null;
      if (!classes.areNone()) {
        ofClasses = new ClassFigures(classes.names(), Likelihood.ofClasses(nll, test));
      }
      @Nullable Likelihood without = null;
      if (stored.config().recipe().pixels().classDropout() > 0) {
        Dataset unlabelled = test.withoutLabels();
        without = Likelihood.of(nll(execution, stored, model, protocol, unlabelled));
      }
      print(out, protocol, new Found(found, ofClasses, without), test);
    }
    if (!json && isOfTheRun(stored.config(), how)) {
      printPublished(out, stored.config());
    }
    return 0;
  }

  /// What was found.
  ///
  /// @param ofClasses of a run with classes, else null
  /// @param withoutClass of images whose class the model is not told, where it has learnt that
  private record Found(
      Likelihood all, @Nullable ClassFigures ofClasses, @Nullable Likelihood withoutClass) {}

  /// A model predicts far worse in orders that it was not trained in.
  private void requireTrained(int wanted, int trained) {
    if (wanted > trained) {
      throw new UserException(
          trained == 1
              ? "--orders %d: %s predicts in raster order only; leave it out".formatted(wanted, run)
              : "--orders must be at most %d, the orders that %s was trained in, but is %d"
                  .formatted(trained, run, wanted));
    }
  }

  private float[][] nll(
      Execution execution,
      StoredRun stored,
      AutoregressiveModel model,
      Protocol protocol,
      Dataset test) {
    Cluster cluster = execution.cluster();
    if (cluster == null) {
      return protocol.each(execution.holder(), model, test, batch);
    }
    float[] weights = execution.holder().readFloats(model.parameters().flat().value());
    var pass =
        new Cluster.Pass(
            batch, protocol.binarize(), Protocol.KEY, protocol.binarizations(), protocol.orders());
    RunConfig asked =
        stored.config().with(stored.config().arithmetic().withPrecision(execution.precision()));
    return cluster.nll(asked, execution.backend(), weights, test, pass);
  }

  private void requireFinite(Likelihood found) {
    if (!Double.isFinite(found.nats())) {
      throw new NotFiniteException(
          "%s: its weights give %s nats per image; use another run or train again"
              .formatted(run, found.nats()));
    }
  }

  /// Whether the images are those that the run was made for, with pixels as it has them.
  private boolean isOfTheRun(RunConfig config, Binarize how) {
    String place = data.place();
    return config.model().classes() == 0 // nobody has published nats given a class
        && how == config.recipe().pixels().binarize()
        && (place == null || place.equals(config.data().name()));
  }

  private static void printPublished(PrintWriter out, RunConfig config) {
    List<Published> published = Published.of(config);
    if (!published.isEmpty()) {
      out.printf("published for %s: %s%n", config.model().name(), Published.describe(published));
      Published.notes(published).forEach(out::println);
    }
  }

  private void print(PrintWriter out, Protocol protocol, Found figures, Dataset test) {
    Likelihood found = figures.all();
    if (json) {
      Map<String, @Nullable Object> line = new LinkedHashMap<>();
      line.put("nll_nats", found.nats());
      line.put("standard_error", found.standardError());
      line.put("bits_per_dim", found.bitsPerDim(test.shape()));
      line.put("images", found.images());
      if (figures.ofClasses() != null) {
        line.put("classes", figures.ofClasses().rows());
      }
      if (figures.withoutClass() != null) {
        line.put("nll_nats_without_class", figures.withoutClass().nats());
      }
      Map<String, Object> fields = protocol.fields();
      fields.put("data", test.name());
      if (test.shape().binary()) {
        fields.put("nll_nats_of_each_binarization", found.binarizations());
      }
      line.put("protocol", fields);
      out.println(Json.line(line));
    } else {
      out.println(protocol.describe());
      out.println(Figures.line(test.name(), found, test.shape()));
      if (figures.withoutClass() != null) {
        out.println(Figures.line("without a class", figures.withoutClass(), test.shape()));
      }
      if (figures.ofClasses() != null) {
        figures.ofClasses().print(out);
      }
    }
  }
}
