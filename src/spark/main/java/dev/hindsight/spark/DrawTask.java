package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Way;
import dev.hindsight.train.RunConfig;
import java.io.Serializable;
import org.apache.spark.broadcast.Broadcast;

/// A batch of images, drawn on an executor. A draw is a function of key, image and pixel, so it
/// does not matter which.
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record DrawTask(
    byte[] config,
    String backend,
    Broadcast<float[]> weights,
    int batch,
    float temperature,
    long seed,
    long stream,
    Way way,
    boolean graph,
    int order,
    long first)
    implements Serializable {
  private static final long serialVersionUID = 1;

  static DrawTask of(
      byte[] config, String backend, Broadcast<float[]> weights, Plan plan, long first) {
    return new DrawTask(
        config,
        backend,
        weights,
        plan.batch(),
        plan.temperature(),
        plan.key().seed(),
        plan.key().stream(),
        plan.way(),
        plan.graph(),
        plan.order(),
        first);
  }

  /// (batch·D), each 0 or 1.
  float[] run() {
    RunConfig run = RunConfig.of(config);
    Plan plan = new Plan(batch, temperature, new RandomKey(seed, stream), 0, way, graph, order);
    try (Backend opened = AssignedGpu.open(backend, Precision.of(run.arithmetic().precision()));
        AutoregressiveModel model = run.model().create(opened, RandomKey.of(0))) {
      model.parameters().write(weights.value());
      try (BatchSampler sampler = new BatchSampler(opened, model, plan)) {
        return sampler.draw(first);
      }
    }
  }
}
