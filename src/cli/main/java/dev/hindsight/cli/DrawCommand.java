package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.draw.StructureBook;
import dev.hindsight.format.AtomicFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "draw",
    description = {
      "Draws how each model hides the future: structure.md and its pictures in structure/.",
      "They show the models of the base presets. Drawing needs neither fonts nor a screen.",
      ""
    })
final class DrawCommand extends CliCommand {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Folder to write to; created if missing.")
  private Path out = Path.of("");

  @Override
  public Integer call() {
    PrintWriter text = out();
    OutputFolder.require("--out", out.resolve("structure"));
    Map<String, byte[]> files;
    try (Backend backend = Backends.open(Backends.choose().name())) {
      files = StructureBook.files(StructureBook.ofBasePresets(backend));
    }
    files.forEach((name, bytes) -> AtomicFile.write(out.resolve(name), bytes));
    text.printf("%d pictures and %s%n", files.size() - 1, out.resolve("structure.md"));
    return 0;
  }
}
