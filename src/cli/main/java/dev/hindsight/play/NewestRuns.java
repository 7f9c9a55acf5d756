package dev.hindsight.play;

import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.StoredRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds the newest run of each model in a folder of runs, those of a comparison in it too.
public final class NewestRuns {
  private record Found(StoredRun run, FileTime time) {}

  private NewestRuns() {}

  /// In the order in which models are listed; empty where there is none.
  public static List<StoredRun> in(Path folder) {
    Map<String, Found> newest = new HashMap<>();
    for (Path path : RunFolder.in(folder)) {
      found(path)
          .ifPresent(
              f ->
                  newest.merge(
                      f.run().config().model().name(),
                      f,
                      (a, b) -> Comparator.comparing(Found::time).compare(a, b) >= 0 ? a : b));
    }
    List<StoredRun> runs = new ArrayList<>();
    for (String label : BuiltInModel.labels()) {
      Found found = newest.get(label);
      if (found != null) {
        runs.add(found.run());
      }
    }
    return runs;
  }

  /// A run that has weights; one that is damaged or in its first epoch is passed over.
  private static Optional<Found> found(Path path) {
    try {
      StoredRun run = StoredRun.open(path);
      Path weights = run.folder().model();
      return Files.isRegularFile(weights)
          ? Optional.of(new Found(run, Files.getLastModifiedTime(weights)))
          : Optional.empty();
    } catch (UserException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw IoErrors.failed("cannot read the run in " + path, e);
    }
  }
}
