package dev.hindsight.sample;

import dev.hindsight.model.GatedPixelCnnConfig;
import dev.hindsight.model.LstmConfig;
import dev.hindsight.model.MadeConfig;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.PixelCnnConfig;
import dev.hindsight.model.TransformerConfig;
import dev.hindsight.model.WaveNetConfig;
import dev.hindsight.random.RandomKey;

/// All six models, at sizes that fit no tile.
@SuppressWarnings("ImmutableEnumChecker") // configs are records of numbers
enum SmallModels {
  MADE(MadeConfig.random(96, 3, RandomKey.of(3)), MadeConfig.random(16, 2, RandomKey.of(3))),
  /// With nine blocks the longest queue goes round three times.
  WAVENET(new WaveNetConfig(7, 9, 9), new WaveNetConfig(3, 2, 2)),
  PIXELCNN(new PixelCnnConfig(6, 2, 7), new PixelCnnConfig(3, 1, 3)),
  GATED_PIXELCNN(new GatedPixelCnnConfig(6, 2, 5), new GatedPixelCnnConfig(5, 1, 3)),
  TRANSFORMER(new TransformerConfig(18, 2, 3, 0.1f), new TransformerConfig(6, 1, 2, 0)),
  LSTM(new LstmConfig(33, 2), new LstmConfig(5, 1));

  private final ModelConfig small;
  private final ModelConfig tiny;

  SmallModels(ModelConfig small, ModelConfig tiny) {
    this.small = small;
    this.tiny = tiny;
  }

  /// For the backend that is fast.
  ModelConfig small() {
    return small;
  }

  /// For the others: an op or a launch costs them the most.
  ModelConfig tiny() {
    return tiny;
  }
}
