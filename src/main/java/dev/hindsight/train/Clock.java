package dev.hindsight.train;

import dev.hindsight.data.Batches;

/// Times the steps of a run: throughput and what is left.
final class Clock {
  private final int epochs;
  private final Batches batches;
  private final int firstStep;
  private final long start = System.nanoTime();
  private int step;

  /// @param firstStep steps that were done before this process began
  Clock(int epochs, Batches batches, int firstStep) {
    this.epochs = epochs;
    this.batches = batches;
    this.firstStep = firstStep;
    this.step = firstStep;
  }

  /// Steps of the whole run.
  long steps() {
    return (long) epochs * batches.perEpoch();
  }

  /// After step number `step`.
  Progress tick(int epoch, int step, double nats) {
    this.step = step;
    double left = (steps() - step) * trainingSeconds() / (step - firstStep);
    return new Progress(epoch, epochs, step, steps(), nats, imagesPerSecond(), left);
  }

  double imagesPerSecond() {
    return (step - firstStep) * (double) batches.size() / trainingSeconds();
  }

  /// Since this process began to train.
  double trainingSeconds() {
    return (System.nanoTime() - start) / 1e9;
  }
}
