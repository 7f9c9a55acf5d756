package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunFolder;
import dev.hindsight.train.SavedModel;
import java.nio.file.Path;

/// A finished run that is read: its settings and its best weights.
record StoredRun(RunFolder folder, RunConfig config) {

  static StoredRun open(Path path) {
    RunFolder folder = RunFolder.read(path);
    return new StoredRun(folder, RunConfig.read(folder.config()));
  }

  /// The model with its best weights.
  AutoregressiveModel load(Backend backend) {
    return SavedModel.load(folder, config, backend);
  }
}
