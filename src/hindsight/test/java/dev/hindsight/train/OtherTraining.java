package dev.hindsight.train;

import org.jspecify.annotations.Nullable;

/// A worker around whose training something else happens.
record OtherTraining(Worker worker, Training training) implements WorkerGroup {
  /// In the place of [WorkerGroup#train].
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
