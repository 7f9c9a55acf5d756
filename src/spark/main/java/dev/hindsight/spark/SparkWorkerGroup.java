package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.cluster.Cluster.Pass;
import dev.hindsight.cluster.ClusterException;
import dev.hindsight.data.Dataset;
import dev.hindsight.error.Ending;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.spark.StretchJob.Counters;
import dev.hindsight.spark.StretchJob.Outcome;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.WeightAverage;
import dev.hindsight.train.Worker;
import dev.hindsight.train.WorkerGroup;
import java.util.Collections;
import java.util.List;
import org.apache.spark.SparkException;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.jspecify.annotations.Nullable;
import scala.reflect.ClassTag$;

/// Executors that train together, one barrier job a stretch. When a worker is lost, the job is lost
/// and the stretch begins again from the state that the driver has, with as many workers as are
/// left, to the same bits.
final class SparkWorkerGroup implements WorkerGroup {
  /// Failures in a row without a step between them: then it is not the cluster's luck.
  private static final int MOST_FAILURES = 4;

  private final SparkCluster cluster;
  private final RunConfig config;
  private final Backend holder;
  private final AutoregressiveModel model;
  private final @Nullable WeightAverage average;
  private final StretchJob.Job job;
  private final Dataset validation;
  private int world;

  SparkWorkerGroup(
      SparkCluster cluster,
      int world,
      RunConfig config,
      Backend holder,
      AutoregressiveModel model,
      Dataset training,
      Dataset validation,
      boolean graph) {
    this.cluster = cluster;
    this.world = world;
    this.config = config;
    this.holder = holder;
    this.model = model;
    this.average = WeightAverage.of(holder, model.parameters(), config.recipe());
    this.validation = validation;
    this.job =
        new StretchJob.Job(
            config.toJson(),
            cluster.exchange(),
            graph,
            Images.send(cluster.spark(), training),
            Images.send(cluster.spark(), validation));
  }

  @Override
  public double[] train(Stretch stretch, Watch watch) {
    Broadcast<State> start =
        cluster.spark().broadcast(State.read(holder, model.parameters(), average));
    try {
      int failures = 0;
      while (true) {
        try {
          return finish(run(stretch, start, watch), stretch, watch);
        } catch (SparkException e) {
          failures++;
          recover(e, failures, stretch);
        }
      }
    } finally {
      start.destroy();
    }
  }

  private List<Outcome> run(Stretch stretch, Broadcast<State> start, Watch watch)
      throws SparkException {
    LongAccumulator steps = cluster.spark().sc().longAccumulator(Progress.STEPS);
    DoubleAccumulator nats = cluster.spark().sc().doubleAccumulator(Progress.NATS);
    StretchJob work = new StretchJob(job, stretch, start, new Counters(steps, nats));
    Progress progress = new Progress(steps.id(), nats.id(), watch);
    cluster.spark().sc().addSparkListener(progress);
    try {
      return cluster
          .spark()
          .parallelize(Collections.nCopies(world, 0), world)
          .rdd()
          .barrier()
          .mapPartitions(work, false, ClassTag$.MODULE$.<Outcome>apply(Outcome.class))
          .toJavaRDD()
          .collect();
    } finally {
      progress.stop();
      cluster.spark().sc().removeSparkListener(progress);
    }
  }

  private double[] finish(List<Outcome> outcomes, Stretch stretch, Watch watch) {
    for (Outcome outcome : outcomes) {
      if (!outcome.refusal().isEmpty()) {
        throw new UserException(outcome.refusal());
      }
    }
    Outcome first = outcomes.getFirst();
    cluster.sayIfChanged(outcomes.size(), first.exchange());
    first.state().write(holder, model.parameters(), average);
    double[] nats = first.nats();
    double last = nats[nats.length - 1];
    if (Double.isFinite(last)) {
      watch.at(stretch.steps(), last);
    }
    return nats;
  }

  /// After a lost job: prints why, waits for the remaining workers and resumes with them.
  private void recover(SparkException lost, int failures, Stretch stretch) {
    Ending.leaveItTheLastWord();
    Failures.requireWorkers(lost);
    String why = Failures.reason(lost);
    cluster.say("a worker was lost (%s)".formatted(why));
    if (failures == MOST_FAILURES || cluster.stopped()) {
      throw new ClusterException(
          "the cluster failed %d times in a row after step %d of epoch %d: %s; resume with train --resume"
              .formatted(failures, stretch.from(), stretch.epoch() + 1, why),
          lost);
    }
    int left = Integer.highestOneBit(Math.max(1, Math.min(world, cluster.awaitSlots(world))));
    cluster.say(
        "resuming at step %d of epoch %d with %d worker%s"
            .formatted(stretch.from(), stretch.epoch() + 1, left, left == 1 ? "" : "s"));
    world = left;
  }

  @Override
  public @Nullable WeightAverage average() {
    return average;
  }

  @Override
  public Likelihood likelihood() {
    Pass pass =
        new Pass(
            Worker.EVALUATION_BATCH,
            config.recipe().pixels().binarize(),
            RandomKey.of(config.seed()).fold("test"),
            1,
            0);
    float[] weights = holder.readFloats(model.parameters().flat().value());
    return Likelihood.of(
        cluster.nll(
            config,
            config.arithmetic().backend(),
            weights,
            job.validation(),
            validation.count(),
            pass));
  }

  @Override
  public void close() {
    job.training().destroy();
    job.validation().destroy();
  }
}
