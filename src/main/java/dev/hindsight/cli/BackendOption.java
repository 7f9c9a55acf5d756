package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/// `--backend` and `--precision`.
final class BackendOption {
  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description = {
        "auto, cuda, cpu or nd4j (the reference); auto takes a GPU where there is one, else cpu. Default: auto."
      })
  private String name = "auto";

  @Option(names = "--precision", paramLabel = "NAME", description = "fp32. Default: fp32.")
  private String precision = "fp32";

  String precision() {
    if (!precision.equals("fp32")) {
      throw new UserException("no precision is called '%s'; there is: fp32".formatted(precision));
    }
    return precision;
  }

  /// Opens the backend; what `auto` chose and why is one line on `out`.
  Backend open(PrintWriter out) {
    precision();
    if (!name.equals("auto")) {
      return Backends.open(name);
    }
    Backends.Choice choice = Backends.choose();
    out.println("backend %s: %s".formatted(choice.name(), choice.reason()));
    out.flush();
    return Backends.open(choice.name());
  }
}
