package dev.hindsight.bench;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.bench.ExchangeRow.Seconds;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Dataset;
import dev.hindsight.exchange.Exchange;
import dev.hindsight.exchange.ExchangeException;
import dev.hindsight.exchange.TcpExchange;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.nn.Piece;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Optimizer;
import dev.hindsight.train.Preset;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.Sizes;
import dev.hindsight.train.TrainingStep;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an exchange of gradients adds to a step. The first of the workers times its steps and the
/// exchanges in turn, so that a machine that others use as well is as slow for both; the others
/// only answer.
///
/// @param rank of this worker
/// @param addresses of all workers by rank
/// @param server bound to this worker's address
record ExchangeBench(int rank, List<InetSocketAddress> addresses, ServerSocketChannel server) {
  private static final String TOKEN = "bench";
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final double ENOUGH_SECONDS = 6;
  private static final int FEWEST = 5;
  private static final int MOST = 101;

  /// Times a model's step and exchange, or answers until the first worker leaves.
  ///
  /// @return null where this is not the first worker
  @Nullable ExchangeRow run(String model, String preset, Dataset data) {
    Preset chosen = BuiltInModel.labelled(model).preset(preset);
    Recipe recipe = chosen.recipe();
    RandomKey key = RandomKey.of(0);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel fresh = chosen.config(Sizes.none(), data, 0).create(backend, key);
        Scope scope = backend.open("exchange");
        Exchange exchange = connect(fresh.parameters().pieces())) {
      Tensor nll = scope.zeros(recipe.batch());
      Runnable sum = () -> exchange.sum(backend, fresh.parameters().flat().grad(), nll);
      if (rank > 0) {
        answer(sum);
        return null;
      }
      sum.run(); // the first reserves memory
      long floats = fresh.parameters().pieces().stream().mapToLong(Piece::length).sum();
      long bytes = (floats + recipe.batch()) * Float.BYTES;
      try (TrainingStep training =
          new TrainingStep(backend, fresh, Optimizer.of(backend, fresh.parameters(), recipe))) {
        Batches batches = Batches.training(data, recipe.batch(), recipe.pixels().binarize(), key);
        Batch first = batches.epoch(0).iterator().next();
        Runnable one = () -> training.run(first.pixels(), first.count(), 1e-4f);
        one.run();
        double[][] times = inTurn(one, sum);
        return new ExchangeRow(
            model,
            first.count(),
            addresses.size(),
            bytes,
            Seconds.of(times[0]),
            Seconds.of(times[1]));
      }
    }
  }

  private Exchange connect(List<Piece> pieces) {
    return TcpExchange.connect(rank, addresses, server, TOKEN, PATIENCE, pieces);
  }

  private static void answer(Runnable sum) {
    try {
      while (true) {
        sum.run();
      }
    } catch (ExchangeException _) {
      // the first worker has seen enough
    }
  }

  private static double[][] inTurn(Runnable step, Runnable exchange) {
    double[] steps = new double[MOST];
    double[] exchanges = new double[MOST];
    double sum = 0;
    int n = 0;
    while (n < FEWEST || (sum < ENOUGH_SECONDS && n < MOST)) {
      steps[n] = seconds(step);
      exchanges[n] = seconds(exchange);
      sum += steps[n] + exchanges[n];
      n++;
    }
    return new double[][] {Arrays.copyOf(steps, n), Arrays.copyOf(exchanges, n)};
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }
}
