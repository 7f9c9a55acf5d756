package dev.hindsight.cli;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.train.Pretrained;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The run that a command reads. Where there is no folder `runs/made`, that is the newest of
/// `runs/made-DATE-TIME`, as `train made` names them; where there is none of those either, a single
/// name is that of published weights.
final class NamedRun {
  static final String DESCRIPTION =
      "A run folder; runs/made also selects the newest runs/made-DATE-TIME. Or the name of published"
          + " weights (docs/weights.md): what goes into a run's folder is then NAME-FILE in this one.";

  private NamedRun() {}

  /// The folder, which is one line on `notices` where it is a dated one.
  ///
  /// @throws UserException when there is none and what was named is no path
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
    return newest.map(named::resolveSibling).orElseGet(() -> published(named));
  }

  private static Path published(Path named) {
    List<String> names = Pretrained.names();
    if (named.isAbsolute() || named.getNameCount() > 1 || names.isEmpty()) {
      return named;
    }
    return Pretrained.find(named.toString())
        .orElseThrow(
            () ->
                new UserException(
                    "%s: no such folder; give the folder of a run, or published weights: %s"
                        .formatted(named, String.join(", ", names))));
  }

  /// Where a command puts a file of a run's folder: as asked with `--out`, or there, but of
  /// published weights where the user stands, under their name.
  static Path output(StoredRun run, @Nullable Path asked, Path usual) {
    Path folder = run.folder().path();
    Path own =
        Pretrained.holds(folder)
            ? Path.of(folder.getFileName() + "-" + usual.getFileName())
            : usual;
    Path file = asked == null ? own : asked;
    OutputFile.require("--out", file);
    return file;
  }
}
