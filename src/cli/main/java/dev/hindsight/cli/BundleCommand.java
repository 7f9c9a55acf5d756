package dev.hindsight.cli;

import dev.hindsight.bundle.Bundle;
import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "bundle",
    description = {
      "Writes a folder and DIR.tar.gz for a GPU machine that has neither Java, "
          + "Maven nor network.",
      "There, bundle/hindsight runs devices, verify, bench, gpu-day, train, "
          + "sample and evaluate.",
      ""
    })
final class BundleCommand extends CliCommand {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder to write. Default: ${DEFAULT-VALUE}.")
  private Path folder = Path.of("bundle");

  @Override
  public Integer call() {
    PrintWriter out = out();
    Bundle bundle = new Bundle(folder, line -> out.println(line + " ..."));
    bundle.write();
    try {
      long bytes = Files.size(bundle.archive());
      out.printf(Locale.ROOT, "%s: %.1f MB%n", bundle.archive(), bytes / 1e6);
      if (bytes > Bundle.MOST_BYTES) {
        out.printf(Locale.ROOT, "failed: more than %d MB%n", Bundle.MOST_BYTES / 1_000_000);
        return CommandLines.FAILED;
      }
      return 0;
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + bundle.archive(), e);
    }
  }
}
