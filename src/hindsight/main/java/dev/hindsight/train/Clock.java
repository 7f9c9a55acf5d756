package dev.hindsight.train;

import dev.hindsight.image.ImageShape;
import java.util.function.LongSupplier;

/// Times a run. Throughput counts the steps alone; what is left counts evaluations and checkpoints
/// too, as far as there were any, but not the first steps, in which code is still being compiled.
final class Clock {
  private static final int FIRST_STEPS = 20;
  private static final long FIRST_NANOS = 10_000_000_000L; // steps that take longer are compiled

  private final int epochs;
  private final int stepsPerEpoch;
  private final int batch;
  private final int firstStep;
  private final double secondsBefore;
  private final LongSupplier nanoTime;
  private final long start;
  private long trainingSince;
  private long trainingNanos;
  private int step;
  private long measuredSince;
  private int measuredStep;

  /// @param firstStep steps that were done before this process began
  /// @param secondsBefore how long those took
  Clock(
      int epochs,
      int stepsPerEpoch,
      int batch,
      int firstStep,
      double secondsBefore,
      LongSupplier nanoTime) {
    this.epochs = epochs;
    this.stepsPerEpoch = stepsPerEpoch;
    this.batch = batch;
    this.firstStep = firstStep;
    this.secondsBefore = secondsBefore;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
    this.step = firstStep;
    this.measuredSince = start;
    this.measuredStep = firstStep;
  }

  /// Steps of the whole run.
  long steps() {
    return (long) epochs * stepsPerEpoch;
  }

  /// Steps begin, or go on after something else.
  void startTraining() {
    trainingSince = nanoTime.getAsLong();
  }

  /// After step number `step`.
  Progress tick(int epoch, int step, double nats, ImageShape shape) {
    long now = nanoTime.getAsLong();
    trainingNanos += now - trainingSince;
    trainingSince = now;
    this.step = step;
    return new Progress(
        epoch,
        epochs,
        step,
        steps(),
        nats,
        shape.bitsPerDim(nats),
        imagesPerSecond(),
        secondsLeft(now));
  }

  /// NaN while nothing is measured.
  private double secondsLeft(long now) {
    if (step - firstStep <= FIRST_STEPS && now - start < FIRST_NANOS) {
      measuredSince = now;
      measuredStep = step;
      return Double.NaN;
    }
    return (steps() - step) * ((now - measuredSince) / 1e9) / (step - measuredStep);
  }

  /// Over all steps of this process.
  double imagesPerSecond() {
    return (step - firstStep) * (double) batch / (trainingNanos / 1e9);
  }

  /// How long all steps took, those of earlier processes included.
  double trainingSeconds() {
    return secondsBefore + trainingNanos / 1e9;
  }
}
