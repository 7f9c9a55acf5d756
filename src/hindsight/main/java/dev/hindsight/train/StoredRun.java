package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import java.nio.file.Path;

/// A run that is read: its settings and its best weights.
public record StoredRun(RunFolder folder, RunConfig config) {

  /// Reads the settings of the run in a folder.
  ///
  /// @throws UserException when the folder holds no run
  public static StoredRun open(Path path) {
    RunFolder folder = RunFolder.read(path);
    return new StoredRun(folder, RunConfig.read(folder.config()));
  }

  /// The model with its best weights, on any backend.
  public AutoregressiveModel load(Backend backend) {
    return Models.load(backend, config.model(), folder.model());
  }
}
