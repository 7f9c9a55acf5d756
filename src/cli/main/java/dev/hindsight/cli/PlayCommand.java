package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.play.Export;
import dev.hindsight.play.NewestRuns;
import dev.hindsight.play.PlayServer;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `hindsight play`.
@Command(
    name = "play",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Opens a page on this machine to play with trained models.",
      "Draw and let models go on, see what each pixel may depend on, and how each model hides the"
          + " future.",
      ""
    })
final class PlayCommand implements Callable<Integer> {
  private static final Path RUNS = Path.of("runs");
  private static final int MOST_RUNS = 12;
  private static final int MOST_PORT = 65_535;

  /// A model that has learnt strokes within a minute or less.
  private static final List<String> SMALL = List.of("--residual-channels", "24", "--epochs", "2");

  @Parameters(
      paramLabel = "RUN",
      arity = "0..*",
      description =
          "Folders of runs. Default: the newest of each model in runs/; where there is none, a"
              + " small WaveNet is trained first.")
  private List<Path> runs = new ArrayList<>();

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Of 127.0.0.1; 0 for any that is free. Default: ${DEFAULT-VALUE}.")
  private int port = 7784;

  @Option(names = "--no-open", description = "Do not open a browser.")
  private boolean noOpen;

  @Option(
      names = "--export",
      paramLabel = "DIR",
      description =
          "Instead of serving it, write the page with recorded answers, as files for any web"
              + " server, into a new or empty folder or over an earlier export.")
  private @Nullable Path export;

  @Mixin private BackendOption backendOption = new BackendOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > MOST_PORT) {
      throw new UserException("--port must be from 0 to %d but is %d".formatted(MOST_PORT, port));
    }
    if (runs.size() > MOST_RUNS) {
      throw new UserException(
          "%d runs were given; %d are the most on a page".formatted(runs.size(), MOST_RUNS));
    }
    CommandLine line = Objects.requireNonNull(spec).commandLine();
    PrintWriter out = line.getOut();
    List<StoredRun> stored = stored(out);
    if (export != null) {
      Export.requireOwn(export);
    }
    backendOption.open(out).close(); // what cannot open is said now
    if (export != null) {
      OutputFolder.require("--export", Export.folders(export));
    }
    if (stored.isEmpty()) {
      int exit = trainSmall(line);
      if (exit != 0) {
        return exit;
      }
      stored = NewestRuns.in(RUNS);
    }
    Supplier<Backend> backends = () -> backendOption.open(new PrintWriter(Writer.nullWriter()));
    if (export == null) {
      serve(stored, backends, out);
    } else {
      Export.write(stored, backends, export, words -> say(out, words));
      say(out, "page " + export.resolve("index.html"));
    }
    return 0;
  }

  /// The runs that were asked for, each of which must be one and have weights.
  private List<StoredRun> stored(PrintWriter out) {
    if (runs.isEmpty()) {
      return NewestRuns.in(RUNS);
    }
    List<StoredRun> stored = new ArrayList<>();
    for (Path path : runs) {
      StoredRun run = StoredRun.open(NamedRun.find(path, out));
      run.requireWeights();
      stored.add(run);
    }
    return stored;
  }

  /// As `train` does, or goes on where that was stopped.
  private int trainSmall(CommandLine line) {
    say(line.getOut(), "no run in %s/ yet: a small WaveNet is trained first".formatted(RUNS));
    Path folder = RUNS.resolve("play-wavenet");
    return Main.commandLine()
        .setOut(line.getOut())
        .setErr(line.getErr())
        .execute(trainingWords(folder).toArray(String[]::new));
  }

  /// The command that trains it, where this one would run it.
  List<String> trainingWords(Path folder) {
    List<String> words = new ArrayList<>(List.of("train", "wavenet", "--run", folder.toString()));
    words.addAll(
        backendOption.words(backendOption.backendName(), backendOption.precision().label()));
    if (RunFolder.holdsRun(folder)) {
      words.add("--resume");
    } else {
      words.addAll(SMALL);
    }
    return words;
  }

  private void serve(List<StoredRun> stored, Supplier<Backend> backends, PrintWriter out)
      throws InterruptedException {
    PlayServer server = PlayServer.start(stored, backends, port);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    say(out, "page %s - Ctrl-C ends it".formatted(server.address()));
    if (!noOpen) {
      Browser.open(server.address());
    }
    new CountDownLatch(1).await();
  }

  private static void say(PrintWriter out, String words) {
    out.println(words);
    out.flush();
  }
}
