package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.quality.Quality;
import dev.hindsight.train.RunCheck;
import dev.hindsight.train.RunCheck.Finding;
import dev.hindsight.train.RunFolder;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `hindsight verify RUN`: one line for each file of a run folder.
final class RunVerification {
  /// The options that apply to a run; the others are for a backend.
  private static final Set<String> OPTIONS =
      Set.of("--json", "--backend", "--device", "--precision");

  private RunVerification() {}

  /// Prints what each file is like; the result is the exit code.
  static int of(CliCommand command, Path run, BackendOption backendOption, boolean json) {
    command.requireOnly("a run folder", OPTIONS);
    PrintWriter out = command.out();
    try (RunFolder folder =
            RunFolder.readAlone(NamedRun.find(run, command.commandLine().getErr()));
        Backend backend = backendOption.open(new PrintWriter(Writer.nullWriter()))) {
      List<Finding> findings = new ArrayList<>(RunCheck.of(folder, backend));
      quality(folder.quality()).ifPresent(findings::add);
      findings.forEach(finding -> out.println(json ? Json.line(row(finding)) : text(finding)));
      return findings.stream().allMatch(Finding::holds) ? 0 : CommandLines.FAILED;
    }
  }

  /// Of what `quality` has written, where it has.
  private static Optional<Finding> quality(Path file) {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    String name = String.valueOf(file.getFileName());
    try {
      Quality.read(file);
      return Optional.of(new Finding(name, null, ""));
    } catch (UserException e) {
      return Optional.of(new Finding(name, e.getMessage().replace(file + ": ", ""), ""));
    }
  }

  private static String text(Finding finding) {
    String verdict = finding.remark().isEmpty() ? "ok" : "ok (" + finding.remark() + ")";
    String line = "%-46s %s".formatted(finding.file(), finding.holds() ? verdict : finding.wrong());
    return Printable.line(line);
  }

  private static Map<String, @Nullable Object> row(Finding finding) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("file", finding.file());
    row.put("verdict", finding.holds() ? "ok" : "FAILED");
    row.put(
        "detail",
        finding.holds() && !finding.remark().isEmpty() ? finding.remark() : finding.wrong());
    return row;
  }
}
