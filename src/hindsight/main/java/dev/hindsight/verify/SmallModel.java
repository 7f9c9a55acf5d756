package dev.hindsight.verify;

import dev.hindsight.model.GatedPixelCnnConfig;
import dev.hindsight.model.LstmConfig;
import dev.hindsight.model.MadeConfig;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.PixelCnnConfig;
import dev.hindsight.model.TransformerConfig;
import dev.hindsight.model.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import java.util.List;

/// Every model at a size that a check gets through in seconds. A new model gets its line here.
record SmallModel(String shape, ModelConfig config) {
  static final RandomKey KEY = RandomKey.of(7);

  static List<SmallModel> all() {
    return List.of(
        new SmallModel("hidden 64 x 2", MadeConfig.random(64, 2, KEY)),
        new SmallModel("8 channels x 4", new WaveNetConfig(8, 4, 3)),
        new SmallModel("4 filters, 1 layer, 3x3", new PixelCnnConfig(4, 1, 3)),
        new SmallModel("4 filters, 2 blocks, 3x3", new GatedPixelCnnConfig(4, 2, 3)),
        new SmallModel("width 8, 2 heads", new TransformerConfig(8, 1, 2, 0)),
        new SmallModel("hidden 8 x 2", new LstmConfig(8, 2)));
  }
}
