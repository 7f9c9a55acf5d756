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
import dev.hindsight.train.Workers.Stretch;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/// What every worker does in a barrier job: finds the others, makes the steps of a stretch with
/// them, and, if it is the first, hands back what they came to.
final class StretchJob extends AbstractFunction1<Iterator<Integer>, Iterator<StretchJob.Outcome>>
    implements Serializable {
  private static final long serialVersionUID = 1;

  /// What came of it.
  ///
  /// @param refusal why the workers cannot train together; empty where they did
  /// @param exchange by what they exchanged their gradients, for people
  /// @param nats the loss of each step
  /// @param state of the first worker, which is that of all; of the others an empty one
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Outcome(int rank, String refusal, String exchange, double[] nats, State state)
      implements Serializable {
    private static final long serialVersionUID = 1;

    static Outcome refused(int rank, String why) {
      return new Outcome(rank, why, "", new double[0], State.NONE);
    }
  }

  private final byte[] config;
  private final ExchangeKind asked;
  private final boolean graph;
  private final int epoch;
  private final int from;
  private final int to;
  private final Images training;
  private final Images validation;
  private final Broadcast<State> start;
  private final LongAccumulator steps;
  private final DoubleAccumulator nats;

  /// @param exchange that was asked for
  /// @param steps counts those of the first worker
  /// @param nats sums their losses
  StretchJob(
      RunConfig config,
      ExchangeKind exchange,
      boolean graph,
      Stretch stretch,
      Images training,
      Images validation,
      Broadcast<State> start,
      LongAccumulator steps,
      DoubleAccumulator nats) {
    this.config = config.toJson();
    this.asked = exchange;
    this.graph = graph;
    this.epoch = stretch.epoch();
    this.from = stretch.from();
    this.to = stretch.to();
    this.training = training;
    this.validation = validation;
    this.start = start;
    this.steps = steps;
    this.nats = nats;
  }

  @Override
  public Iterator<Outcome> apply(Iterator<Integer> nothing) {
    return CollectionConverters.asScala(List.of(run()).iterator());
  }

  private Outcome run() {
    RunConfig run = RunConfig.of(config);
    int rank = BarrierTaskContext.get().partitionId();
    try (Backend backend =
            AssignedGpu.open(
                run.arithmetic().backend(), Precision.of(run.arithmetic().precision()));
        Rendezvous rendezvous = Rendezvous.meet(Fingerprint.of(backend), asked)) {
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
                training.dataset(),
                validation.dataset(),
                graph,
                new Shards(run.arithmetic().shards()),
                exchange)) {
      start.value().write(backend, model.parameters(), worker.average());
      double[] losses = worker.train(new Stretch(epoch, from, to), (done, now) -> count(rank, now));
      State end =
          rank == 0 ? State.read(backend, model.parameters(), worker.average()) : State.NONE;
      return new Outcome(rank, "", rendezvous.choice().toString(), losses, end);
    }
  }

  private void count(int rank, double now) {
    if (rank == 0) {
      steps.add(1L);
      nats.add(now);
    }
  }
}
