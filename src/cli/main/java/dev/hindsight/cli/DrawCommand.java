package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.draw.StructureBook;
import dev.hindsight.format.AtomicFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `hindsight draw`.
@Command(
    name = "draw",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Draws how each model hides the future: structure.md, and a picture each in structure/.",
      "They are made from the models of the base presets, and need neither fonts nor a screen.",
      ""
    })
final class DrawCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where they go; it is made where it is not there.")
  private Path out = Path.of("");

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter text = Objects.requireNonNull(spec).commandLine().getOut();
    OutputFolder.require("--out", out.resolve("structure"));
    Map<String, byte[]> files;
    try (Backend backend = Backends.open(Backends.choose().name())) {
      files = StructureBook.files(StructureBook.ofBasePresets(backend));
    }
    files.forEach((name, bytes) -> AtomicFile.write(out.resolve(name), bytes));
    text.printf("%d pictures and %s%n", files.size() - 1, out.resolve("structure.md"));
    text.flush();
    return 0;
  }
}
