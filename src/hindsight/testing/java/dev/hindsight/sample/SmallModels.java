package dev.hindsight.sample;

import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.BuiltInModel;

/// Every model at sizes that fit no tile.
public final class SmallModels {
  private static final RandomKey KEY = RandomKey.of(3);

  private SmallModels() {}

  /// For the backend that is fast.
  public static ModelConfig small(BuiltInModel model) {
    return switch (model) {
      case MADE -> MadeConfig.random(96, 3, KEY);
      case WAVENET -> new WaveNetConfig(7, 9, 9); // the longest queue goes round three times
      case PIXELCNN -> new PixelCnnConfig(6, 2, 7, 2, false);
      case GATED_PIXELCNN -> new GatedPixelCnnConfig(6, 2, 5, true, false);
      case TRANSFORMER -> new TransformerConfig(18, 2, 3, 0.1f);
      case LSTM -> new LstmConfig(33, 2);
      case PIXEL_RNN -> new PixelRnnConfig(9, 2);
    };
  }

  /// For the others: an op or a launch costs them the most.
  public static ModelConfig tiny(BuiltInModel model) {
    return switch (model) {
      case MADE -> MadeConfig.random(16, 2, KEY);
      case WAVENET -> new WaveNetConfig(3, 2, 2);
      case PIXELCNN -> new PixelCnnConfig(3, 1, 3, 0, false);
      case GATED_PIXELCNN -> new GatedPixelCnnConfig(5, 1, 3, false, false);
      case TRANSFORMER -> new TransformerConfig(6, 1, 2, 0);
      case LSTM -> new LstmConfig(5, 1);
      case PIXEL_RNN -> new PixelRnnConfig(3, 1);
    };
  }
}
