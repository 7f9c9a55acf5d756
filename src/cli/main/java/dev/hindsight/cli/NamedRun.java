package dev.hindsight.cli;

import dev.hindsight.error.IoErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The run that a command reads. Where there is no folder `runs/made`, that is the newest of
/// `runs/made-DATE-TIME`, as `train made` names them.
final class NamedRun {
  private NamedRun() {}

  /// The folder, which is one line on `notices` where it is not the one that was named.
  static Path find(Path named, PrintWriter notices) {
    Path folder = named.toAbsolutePath().getParent();
    if (Files.exists(named) || folder == null || !Files.isDirectory(folder)) {
      return named;
    }
    Pattern dated = Pattern.compile(Pattern.quote(named.getFileName() + "-") + "\\d{8}-\\d{6}");
    Optional<Path> newest;
    try (Stream<Path> all = Files.list(folder)) {
      newest =
          all.map(Path::getFileName)
              .filter(name -> dated.matcher(name.toString()).matches())
              .max(Comparator.comparing(Path::toString));
    } catch (IOException e) {
      throw IoErrors.failed("cannot read " + folder, e);
    }
    newest.ifPresent(name -> notices.println("run " + named.resolveSibling(name)));
    return newest.map(named::resolveSibling).orElse(named);
  }
}
