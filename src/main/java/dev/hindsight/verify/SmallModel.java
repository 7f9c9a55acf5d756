package dev.hindsight.verify;

import dev.hindsight.model.MadeConfig;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.random.RandomKey;
import java.util.List;

/// Every model at a size that a check gets through in seconds. A new model gets its line here.
record SmallModel(String shape, ModelConfig config) {
  static final RandomKey KEY = RandomKey.of(7);

  static List<SmallModel> all() {
    return List.of(new SmallModel("hidden 64 x 2", MadeConfig.random(64, 2, KEY)));
  }
}
