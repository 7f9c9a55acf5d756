package dev.hindsight.model;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.hindsight.backend.Backend;
import dev.hindsight.random.RandomKey;

/// What a model is made of: everything but its weights. Kept in a run's `config.json`.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "name")
@JsonSubTypes({
  @JsonSubTypes.Type(value = MadeConfig.class, name = MadeConfig.NAME),
  @JsonSubTypes.Type(value = WaveNetConfig.class, name = WaveNetConfig.NAME),
  @JsonSubTypes.Type(value = PixelCnnConfig.class, name = PixelCnnConfig.NAME),
  @JsonSubTypes.Type(value = GatedPixelCnnConfig.class, name = GatedPixelCnnConfig.NAME),
  @JsonSubTypes.Type(value = TransformerConfig.class, name = TransformerConfig.NAME),
  @JsonSubTypes.Type(value = LstmConfig.class, name = LstmConfig.NAME)
})
public sealed interface ModelConfig
    permits MadeConfig,
        WaveNetConfig,
        PixelCnnConfig,
        GatedPixelCnnConfig,
        TransformerConfig,
        LstmConfig {

  /// As on the command line: `made`.
  String name();

  /// One line for people about what these sizes mean; empty where there is nothing to say.
  default String remark() {
    return "";
  }

  /// Builds the model with fresh weights.
  AutoregressiveModel create(Backend backend, RandomKey key);
}
