package dev.hindsight.model;

import dev.hindsight.backend.Backend;
import dev.hindsight.random.RandomKey;

/// What a model is made of: everything but its weights. A record, since a run keeps it in its
/// `config.json` and compares it with another run's.
public interface ModelConfig {

  /// What people call the model, in small letters: `made`.
  String name();

  /// In how many orders of the pixels it learns, see [AutoregressiveModel#orders].
  default int orders() {
    return 1;
  }

  /// One line for people about what these sizes mean; empty where there is nothing to say.
  default String remark() {
    return "";
  }

  /// Builds the model with fresh weights.
  AutoregressiveModel create(Backend backend, RandomKey key);
}
