package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.FormatException;
import dev.hindsight.model.AutoregressiveModel;
import java.io.IOException;
import java.nio.file.Files;
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

  /// Fails where it has no file of weights.
  ///
  /// @throws UserException when no epoch of it is done yet, or its weights are gone
  public void requireWeights() {
    Path weights = folder.model();
    if (!Files.exists(weights)) {
      throw new UserException(
          isDone(folder.optimizer())
              ? weights + ": is gone, although epochs are done; put it back, or give another run"
              : "%s: has no weights yet; let its first epoch end, or give another run"
                  .formatted(folder.path()));
    }
    try {
      IoErrors.requireRegular(weights);
    } catch (IOException e) {
      throw new FormatException(
          "%s: cannot be read (%s); check the path and its permissions"
              .formatted(weights, IoErrors.reason(e)));
    }
  }

  private static boolean isDone(Path state) {
    return Files.exists(state) && Checkpoint.reached(state).epochs() > 0;
  }

  /// The model with its best weights, on any backend.
  ///
  /// @throws UserException when it has none, or they cannot be read
  public AutoregressiveModel load(Backend backend) {
    requireWeights();
    return Models.load(backend, config.model(), folder.model());
  }
}
