package dev.hindsight.model;

import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;

/// Other logits of a model that stays its owner's.
public interface ModelView extends AutoregressiveModel {
  /// What is seen.
  AutoregressiveModel model();

  @Override
  default ModelConfig config() {
    return model().config();
  }

  @Override
  default Parameters parameters() {
    return model().parameters();
  }

  @Override
  default Parameter outputBias() {
    return model().outputBias();
  }

  @Override
  default int orders() {
    return model().orders();
  }

  @Override
  default PixelOrder order(int index) {
    return model().order(index);
  }

  @Override
  default PixelOrder order() {
    return model().order();
  }

  @Override
  default void turnTo(PixelOrder order) {
    model().turnTo(order);
  }

  /// Nothing: its owner closes it.
  @Override
  default void close() {}
}
