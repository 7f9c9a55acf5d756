package dev.hindsight.train;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.Parameters;
import dev.hindsight.tensor.Tensor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The exponential moving average of a model's weights (Polyak & Juditsky 1992), which predicts
/// better than the weights do while the learning rate is high.
///
/// It moves every [#STRIDE] steps, by as much as that many single steps would move it towards
/// weights that stand still: what differs is lost in the average, and the pass over all weights,
/// which would be half of a MADE's step, costs next to nothing. It is no part of a recorded step,
/// since it is not in each of them. Its tensors close with the model.
public final class WeightAverage {
  static final int STRIDE = 8;

  private final Backend backend;
  private final Parameters parameters;
  private final Tensor weights;
  private final Tensor average;
  private final Tensor kept;
  private final float decay;

  /// @param decay of the average for each step, below 1
  WeightAverage(Backend backend, Parameters parameters, float decay) {
    this.backend = backend;
    this.parameters = parameters;
    this.weights = parameters.flat().value();
    this.decay = decay;
    average = parameters.zeros();
    kept = parameters.zeros();
  }

  /// That of a training, of zeros at first; null where its recipe wants none.
  public static @Nullable WeightAverage of(Backend backend, Parameters parameters, Recipe recipe) {
    return recipe.weights().ema() > 0
        ? new WeightAverage(backend, parameters, recipe.weights().ema())
        : null;
  }

  /// The average, flat as the weights.
  public Tensor value() {
    return average;
  }

  /// Starts from the weights.
  void begin() {
    backend.copy(weights, average);
  }

  /// Whether the average has moved in so many steps. Until then it is what training started from,
  /// so the weights themselves are evaluated and kept.
  boolean moved(int steps) {
    return steps >= STRIDE;
  }

  /// After step number `step`, from 1.
  void follow(int step) {
    if (step % STRIDE == 0) {
      backend.ema().step(weights, average, share(step));
    }
  }

  /// Of the new weights. Young weights are forgotten faster: the decay rises as (1 + step) / (10 +
  /// step), as TensorFlow's does.
  float share(int step) {
    double now = Math.min(decay, (1.0 + step) / (10.0 + step));
    return (float) (1 - Math.pow(now, STRIDE));
  }

  /// What `measure` gives while the model has the average for its weights.
  <T> T measured(Supplier<T> measure) {
    backend.copy(weights, kept);
    parameters.copyFrom(average);
    try {
      return measure.get();
    } finally {
      parameters.copyFrom(kept);
    }
  }
}
