package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.exchange.Shards;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.Worker;
import dev.hindsight.train.WorkerGroup.Stretch;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/// What every worker does in a barrier job: connects with the others and trains a stretch with
/// them. The first worker returns the new state.
final class StretchJob extends AbstractFunction1<Iterator<Integer>, Iterator<StretchJob.Outcome>>
    implements Serializable {
  private static final long serialVersionUID = 1;

  /// What is the same for all stretches of a run.
  ///
  /// @param config of the run, as JSON
  /// @param exchange that was asked for
  /// @param graph whether steps may be recorded
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Job(
      byte[] config, ExchangeKind exchange, boolean graph, Images training, Images validation)
      implements Serializable {}

  /// Steps of the first worker, and the sum of their losses.
  record Counters(LongAccumulator steps, DoubleAccumulator nats) implements Serializable {
    void add(double loss) {
      steps.add(1L);
      nats.add(loss);
    }
  }

  /// The result of a worker.
  ///
  /// @param refusal why the workers cannot train together; empty where they did
  /// @param exchange how they exchanged gradients, for people
  /// @param nats the loss of each step
  /// @param state of the first worker, which is that of all; empty for the others
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Outcome(int rank, String refusal, String exchange, double[] nats, State state)
      implements Serializable {
    static Outcome refused(int rank, String why) {
      return new Outcome(rank, why, "", new double[0], State.NONE);
    }
  }

  private final Job job;
  private final Stretch stretch;
  private final Broadcast<State> start;
  private final Counters counters;

  StretchJob(Job job, Stretch stretch, Broadcast<State> start, Counters counters) {
    this.job = job;
    this.stretch = stretch;
    this.start = start;
    this.counters = counters;
  }

  @Override
  public Iterator<Outcome> apply(Iterator<Integer> nothing) {
    return CollectionConverters.asScala(List.of(run()).iterator());
  }

  private Outcome run() {
    RunConfig run = RunConfig.of(job.config());
    Precision precision = Precision.of(run.arithmetic().precision());
    int rank = BarrierTaskContext.get().partitionId();
    try (Backend backend = AssignedGpu.open(run.arithmetic().backend(), precision);
        Rendezvous rendezvous = Rendezvous.meet(Fingerprint.of(backend), job.exchange())) {
      String refusal = rendezvous.refusal(run);
      return refusal.isEmpty()
          ? train(run, backend, rendezvous, rank)
          : Outcome.refused(rank, refusal);
    }
  }

  private Outcome train(RunConfig run, Backend backend, Rendezvous rendezvous, int rank) {
    RandomKey key = RandomKey.of(run.seed());
    try (AutoregressiveModel model = run.model().create(backend, key);
        Exchange exchange = rendezvous.exchange(backend, model.parameters().pieces());
        Worker worker =
            new Worker(
                backend,
                model,
                run.recipe(),
                key,
                job.training().dataset(),
                job.validation().dataset(),
                job.graph(),
                new Shards(run.arithmetic().shards()),
                exchange)) {
      start.value().write(backend, model.parameters(), worker.average());
      double[] losses = worker.train(stretch, (_, loss) -> count(rank, loss));
      State end =
          rank == 0 ? State.read(backend, model.parameters(), worker.average()) : State.NONE;
      return new Outcome(rank, "", rendezvous.choice().toString(), losses, end);
    }
  }

  private void count(int rank, double loss) {
    if (rank == 0) {
      counters.add(loss);
    }
  }
}
