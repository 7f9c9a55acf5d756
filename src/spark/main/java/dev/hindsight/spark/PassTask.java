package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.cluster.Cluster.Pass;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.RunConfig;
import java.io.Serializable;
import org.apache.spark.broadcast.Broadcast;

/// Some batches of an evaluation, on an executor.
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record PassTask(
    byte[] config,
    String backend,
    Broadcast<float[]> weights,
    Images images,
    int batch,
    Binarize binarize,
    long seed,
    long stream,
    int pass,
    int order,
    int from,
    int to)
    implements Serializable {
  private static final long serialVersionUID = 1;

  PassTask(
      byte[] config,
      String backend,
      Broadcast<float[]> weights,
      Images images,
      Pass how,
      int pass,
      int order,
      int from,
      int to) {
    this(
        config,
        backend,
        weights,
        images,
        how.batch(),
        how.binarize(),
        how.key().seed(),
        how.key().stream(),
        pass,
        order,
        from,
        to);
  }

  /// The negative log-likelihood of each of their images.
  float[] run() {
    RunConfig run = RunConfig.of(config);
    try (Backend opened = AssignedGpu.open(backend, Precision.of(run.arithmetic().precision()));
        AutoregressiveModel model = run.model().create(opened, RandomKey.of(0))) {
      model.parameters().write(weights.value());
      RandomKey key = new RandomKey(seed, stream);
      Batches batches = Batches.evaluation(images.dataset(), batch, binarize, key);
      return Likelihood.nll(opened, model, batches, pass, order, from, to);
    }
  }
}
