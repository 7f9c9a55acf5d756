package dev.hindsight.train;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// Those who do the work of a training, wherever they are: this machine, or the executors of a
/// cluster. The model that they are given has the weights, moments and average that they start
/// from, and afterwards those that they came to.
public interface WorkerGroup extends AutoCloseable {
  /// Steps of an epoch.
  ///
  /// @param epoch from 0
  /// @param from the first step, from 0
  /// @param to after the last one
  record Stretch(int epoch, int from, int to) implements Serializable {
    public int steps() {
      return to - from;
    }
  }

  /// Is called as a stretch goes on, after each step or less often.
  @FunctionalInterface
  interface Watch {
    /// Where it is.
    ///
    /// @param steps done of the stretch
    /// @param nats recent loss, per image
    void at(int steps, double nats);
  }

  /// Makes steps.
  ///
  /// @return the loss of each, in nats per image; fewer where one was no number, which is the last
  double[] train(Stretch stretch, Watch watch);

  /// The average of the model's weights, which moves with them; null where the recipe wants none.
  @Nullable WeightAverage average();

  /// How well the model predicts the images that choose the epoch.
  Likelihood likelihood();

  /// Gives back what steps hold. The model stays open.
  @Override
  void close();
}
