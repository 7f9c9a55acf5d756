package dev.hindsight.spark;

import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import java.io.Serializable;

/// A batch of images to draw. A draw is a function of key, image and pixel, so any executor gives
/// the same.
///
/// @param first number of the first image
record DrawTask(SentModel model, Plan plan, long first) implements Serializable {
  /// (batch·D), each a level.
  float[] run() {
    return model.use(
        (backend, opened) -> {
          try (BatchSampler sampler = new BatchSampler(backend, opened, plan)) {
            return sampler.draw(first);
          }
        });
  }
}
