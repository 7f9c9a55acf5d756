package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.train.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "runs",
    description = {
      "Lists run folders, newest first: what they learnt, how well, and in which state they are.",
      "A run is finished, stopped (train --resume goes on), training now, or damaged (verify RUN"
          + " says how).",
      ""
    })
final class RunsCommand extends CliCommand {
  @Parameters(
      paramLabel = "FOLDER",
      arity = "0..*",
      description =
          "Run folders, or folders of runs and of comparisons. Default: ${DEFAULT-VALUE}.",
      defaultValue = "runs")
  private List<Path> folders = new ArrayList<>();

  @Option(
      names = "--json",
      description =
          "Print a line of JSON for each run: run, model, data, shape, classes, nll_nats, standard_error,"
              + " bits_per_dim, measured_on (test or validation), epochs, epochs_wanted, when,"
              + " state, detail.")
  private boolean json;

  @Override
  public Integer call() {
    Set<Path> paths = new LinkedHashSet<>();
    for (Path folder : folders) {
      requireFolder(folder);
      paths.addAll(RunFolder.in(folder));
    }
    List<RunSummary> runs = new ArrayList<>();
    try (Backend backend = Backends.open(Execution.HOLDER)) {
      paths.forEach(path -> runs.add(RunSummary.of(path, backend)));
    }
    runs.sort(Comparator.comparing(RunSummary::when).reversed());
    if (json) {
      runs.forEach(run -> out().println(Json.line(run.fields())));
    } else if (runs.isEmpty()) {
      out().printf("no run in %s yet: train MODEL makes one%n", folders.getFirst());
    } else {
      print(runs);
    }
    return 0;
  }

  /// That of all runs need not be there yet.
  private void requireFolder(Path folder) {
    boolean usual = commandLine().getParseResult().matchedPositionals().isEmpty();
    if (!Files.isDirectory(folder) && !(usual && !Files.exists(folder))) {
      throw new UserException(
          "%s: %s; give folders of runs"
              .formatted(folder, Files.exists(folder) ? "is a file" : "no such folder"));
    }
  }

  private void print(List<RunSummary> runs) {
    List<List<String>> rows = new ArrayList<>(List.of(RunSummary.HEADER));
    runs.forEach(run -> rows.add(run.cells().stream().map(Printable::line).toList()));
    int columns = RunSummary.HEADER.size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int k = 0; k < columns; k++) {
        widths[k] = Math.max(widths[k], row.get(k).length());
      }
    }
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int k = 0; k < columns; k++) {
        line.append(row.get(k)).repeat(' ', widths[k] - row.get(k).length() + 2);
      }
      out().println(line.toString().stripTrailing());
    }
  }
}
