package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.RunConfig;
import java.io.Serializable;
import java.util.function.BiFunction;
import org.apache.spark.broadcast.Broadcast;

/// A trained model that the driver has sent to the executors.
///
/// @param config of its run, as JSON
/// @param backend to compute on, by name
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record SentModel(byte[] config, String backend, Broadcast<float[]> weights)
    implements Serializable {
  /// Opens backend and model on this executor for as long as the work takes.
  <T> T use(BiFunction<Backend, AutoregressiveModel, T> work) {
    RunConfig run = RunConfig.of(config);
    try (Backend opened = AssignedGpu.open(backend, Precision.of(run.arithmetic().precision()));
        AutoregressiveModel model = run.model().create(opened, RandomKey.of(0))) {
      model.parameters().write(weights.value());
      return work.apply(opened, model);
    }
  }
}
