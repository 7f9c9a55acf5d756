package dev.hindsight.cli;

import dev.hindsight.bundle.Bundle;
import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `hindsight bundle`.
@Command(
    name = "bundle",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes a folder and DIR.tar.gz for a GPU machine that has neither Java, Maven nor network.",
      "There, bundle/hindsight knows devices, verify, bench, gpu-day, train, sample and evaluate.",
      ""
    })
final class BundleCommand implements Callable<Integer> {
  @Option(names = "--out", paramLabel = "DIR", description = "Default: ${DEFAULT-VALUE}.")
  private Path folder = Path.of("bundle");

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    Bundle bundle =
        new Bundle(
            folder,
            line -> {
              out.println(line + " ...");
              out.flush();
            });
    bundle.write();
    try {
      long bytes = Files.size(bundle.archive());
      out.printf(Locale.ROOT, "%s: %.1f MB%n", bundle.archive(), bytes / 1e6);
      out.flush();
      if (bytes > Bundle.MOST_BYTES) {
        out.printf(Locale.ROOT, "failed: more than %d MB%n", Bundle.MOST_BYTES / 1_000_000);
        out.flush();
        return CommandLines.FAILED;
      }
      return 0;
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + bundle.archive(), e);
    }
  }
}
