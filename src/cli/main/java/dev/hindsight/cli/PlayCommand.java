package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.play.NewestRuns;
import dev.hindsight.play.PlayServer;
import dev.hindsight.train.Pretrained;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "play",
    description = {
      "Opens a page on this machine to play with trained models.",
      "Begin an image and let models complete it; see the receptive field of each "
          + "pixel, and how each model hides the future.",
      ""
    })
final class PlayCommand extends CliCommand {
  private static final Path RUNS = Path.of("runs");
  private static final int MOST_RUNS = 12;
  private static final int MOST_PORT = 65_535;

  @Parameters(
      paramLabel = "RUN",
      arity = "0..*",
      description =
          "Run folders or names of published weights (docs/weights.md). Default: the newest of each"
              + " model in runs/. If there is none, the published ones of binary digits.")
  private List<Path> runs = new ArrayList<>();

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port on 127.0.0.1; 0 picks a free one. Default: ${DEFAULT-VALUE}.")
  private int port = 7784;

  @Option(names = "--no-open", description = "Do not open a browser.")
  private boolean noOpen;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > MOST_PORT) {
      throw new UserException("--port must be from 0 to %d but is %d".formatted(MOST_PORT, port));
    }
    if (runs.size() > MOST_RUNS) {
      throw new UserException(
          "%d runs were given; a page shows at most %d".formatted(runs.size(), MOST_RUNS));
    }
    PrintWriter out = out();
    List<StoredRun> stored = stored(out);
    backendOption.open(out).close(); // fails early if the backend cannot open
    Supplier<Backend> backends = () -> backendOption.open(new PrintWriter(Writer.nullWriter()));
    PlayServer server = PlayServer.start(stored, backends, port);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    out.println("page %s (Ctrl-C stops it)".formatted(server.address()));
    if (!noOpen) {
      Browser.open(server.address());
    }
    new CountDownLatch(1).await();
    return 0;
  }

  /// The runs that were asked for, each of which must be one and have weights.
  private List<StoredRun> stored(PrintWriter out) {
    if (runs.isEmpty()) {
      List<StoredRun> newest = NewestRuns.in(RUNS);
      return newest.isEmpty() ? published(out) : newest;
    }
    List<StoredRun> stored = new ArrayList<>();
    for (Path path : runs) {
      StoredRun run = StoredRun.open(NamedRun.find(path, out));
      run.requireWeights();
      stored.add(run);
    }
    return stored;
  }

  /// Those that ship, of binary digits: a page shows images of one shape.
  static List<StoredRun> published(PrintWriter out) {
    List<StoredRun> all =
        Pretrained.names().stream()
            .map(name -> StoredRun.open(Pretrained.require(name)))
            .filter(run -> run.config().model().shape().equals(ImageShape.MNIST))
            .limit(MOST_RUNS)
            .toList();
    if (all.isEmpty()) {
      throw new UserException(
          "play: wanted a run, found none in %s/; train one, or name its folder".formatted(RUNS));
    }
    out.println("no run in %s/ yet: published weights".formatted(RUNS));
    return all;
  }
}
