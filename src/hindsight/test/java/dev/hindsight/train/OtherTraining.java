package dev.hindsight.train;

import org.jspecify.annotations.Nullable;

/// A worker around whose training something else happens.
record OtherTraining(Worker worker, Training training) implements Workers {
  /// In the place of [Workers#train].
  @FunctionalInterface
  interface Training {
    double[] train(Stretch stretch, Watch watch);
  }

  @Override
  public double[] train(Stretch stretch, Watch watch) {
    return training.train(stretch, watch);
  }

  @Override
  public @Nullable WeightAverage average() {
    return worker.average();
  }

  @Override
  public Likelihood likelihood() {
    return worker.likelihood();
  }

  @Override
  public void close() {
    worker.close();
  }
}
