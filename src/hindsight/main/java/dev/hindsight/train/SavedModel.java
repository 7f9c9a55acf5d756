package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;

/// A trained model in its run folder.
public final class SavedModel {
  private SavedModel() {}

  /// The model of a run with its best weights, on any backend.
  public static AutoregressiveModel load(RunFolder folder, RunConfig config, Backend backend) {
    AutoregressiveModel model = config.model().create(backend, RandomKey.of(config.seed()));
    try {
      Checkpoint.readModel(folder.model(), backend, model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
    return model;
  }
}
