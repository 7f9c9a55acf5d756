package dev.hindsight.cluster;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.WorkerGroup;
import java.io.Serializable;
import java.util.List;

/// Machines that do the work of a command, while this one reads and writes its files.
public interface Cluster extends AutoCloseable {
  /// What every worker has, one line each.
  List<String> devices();

  /// What all workers compute with.
  ///
  /// @param backend by name
  /// @param numerics see [Backend#numerics]
  /// @param description one line for people
  record WorkerBackend(String backend, String numerics, String description) {}

  /// Opens a backend on all workers, compares what decides bits and chooses the exchange.
  ///
  /// @param backend by name, `auto` included
  /// @param precision by label
  /// @throws dev.hindsight.error.UserException when two of them would round differently, or cannot
  ///   exchange as requested
  WorkerBackend agree(String backend, String precision);

  /// The workers that train a run.
  ///
  /// @param holder the backend of this machine that holds the model
  /// @param graph whether steps may be recorded
  WorkerGroup workers(
      RunConfig config,
      Backend holder,
      AutoregressiveModel model,
      Dataset training,
      Dataset validation,
      boolean graph);

  /// How images are evaluated.
  ///
  /// @param batch how many at a time
  /// @param key of stochastic pixels
  /// @param binarizations how often they are redrawn
  /// @param orders over how many a likelihood is averaged, see
  ///   [dev.hindsight.train.Likelihood#overOrders]
  record Pass(int batch, Binarize binarize, RandomKey key, int binarizations, int orders)
      implements Serializable {}

  /// The negative log-likelihood of each image in each binarization, for
  /// [dev.hindsight.train.Likelihood#of].
  ///
  /// @param config of the run whose model it is, in the precision to compute in
  /// @param backend to compute on, by name
  float[][] nll(RunConfig config, String backend, float[] weights, Dataset images, Pass pass);

  /// Draws `count` images, batch by batch, (count·D).
  ///
  /// @param config of the run whose model it is, in the precision to compute in
  /// @param backend to compute on, by name
  float[] draw(RunConfig config, String backend, float[] weights, int count, Plan plan);

  @Override
  void close();
}
