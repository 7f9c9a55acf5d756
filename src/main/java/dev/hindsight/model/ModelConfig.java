package dev.hindsight.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.hindsight.backend.Backend;
import dev.hindsight.random.RandomKey;

/// What a model is made of: everything but its weights. Kept in a run's `config.json`.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
@JsonSubTypes(@JsonSubTypes.Type(value = MadeConfig.class, name = "made"))
public sealed interface ModelConfig permits MadeConfig {

  /// As on the command line: `made`.
  String name();

  /// Builds the model with fresh weights.
  AutoregressiveModel create(Backend backend, RandomKey key);
}
