package dev.hindsight.sample;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.pixelsnail.PixelSnailConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.BuiltInModel;
import java.util.Map;

/// Models at sizes that fit no tile, for the backend that is fast; for the others, which an op or a
/// launch costs the most, there is [BuiltInModel#tiny].
public final class SmallModels {
  private static final Map<BuiltInModel, ModelConfig> SMALL =
      Map.of(
          BuiltInModel.MADE, MadeConfig.random(ImageShape.MNIST, 96, 3, RandomKey.of(3)),
          // the longest queue goes round three times
          BuiltInModel.WAVENET, new WaveNetConfig(ImageShape.MNIST, 7, 9, 9),
          BuiltInModel.PIXELCNN, new PixelCnnConfig(ImageShape.MNIST, 6, 2, 7, 2, false),
          BuiltInModel.GATED_PIXELCNN,
              new GatedPixelCnnConfig(ImageShape.MNIST, 6, 2, 5, true, false),
          BuiltInModel.TRANSFORMER, new TransformerConfig(ImageShape.MNIST, 18, 2, 3, 0.1f),
          BuiltInModel.PIXEL_SNAIL,
              new PixelSnailConfig(ImageShape.MNIST, Head.of(ImageShape.MNIST), 0, 6, 2, 2, 5, 2),
          BuiltInModel.LSTM, new LstmConfig(ImageShape.MNIST, 33, 2),
          BuiltInModel.PIXEL_RNN, new PixelRnnConfig(ImageShape.MNIST, 9, 2));

  private SmallModels() {}

  /// Where none of a model's sizes tells more, the tiny one.
  public static ModelConfig small(BuiltInModel model) {
    return SMALL.getOrDefault(model, model.tiny());
  }
}
