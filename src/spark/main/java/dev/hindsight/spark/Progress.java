package dev.hindsight.spark;

import dev.hindsight.train.WorkerGroup.Watch;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/// Where a stretch is, from what the first worker has counted: it comes with its executor's
/// heartbeats, so progress needs no connection of its own.
final class Progress extends SparkListener {
  static final String STEPS = "hindsight.steps";
  static final String NATS = "hindsight.nats";

  private final long stepsId;
  private final long natsId;
  private final Watch watch;
  private boolean stopped;
  private long steps;
  private double nats;

  Progress(long stepsId, long natsId, Watch watch) {
    this.stepsId = stepsId;
    this.natsId = natsId;
    this.watch = watch;
  }

  @Override
  public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
    for (var task : CollectionConverters.asJava(update.accumUpdates())) {
      Number nowSteps = null;
      Number nowNats = null;
      for (AccumulableInfo info : CollectionConverters.asJava(task._4())) {
        if (info.id() == stepsId) {
          nowSteps = value(info);
        } else if (info.id() == natsId) {
          nowNats = value(info);
        }
      }
      if (nowSteps != null && nowNats != null) {
        show(nowSteps.longValue(), nowNats.doubleValue());
      }
    }
  }

  private static @Nullable Number value(AccumulableInfo info) {
    return info.update().isDefined() && info.update().get() instanceof Number number
        ? number
        : null;
  }

  private void show(long nowSteps, double nowNats) {
    if (!stopped && nowSteps > steps) {
      watch.at((int) nowSteps, (nowNats - nats) / (nowSteps - steps));
      steps = nowSteps;
      nats = nowNats;
    }
  }

  /// After this nothing is shown.
  synchronized void stop() {
    stopped = true;
  }
}
