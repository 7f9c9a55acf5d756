package dev.hindsight.train;

import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Recording;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/// Forward, backward and update for one batch. After the first step nothing is reserved on the
/// device and every address repeats, so a backend that can records the step and replays it: one
/// launch, the same bits.
public final class TrainingStep implements AutoCloseable {
  private final Backend backend;
  private final AutoregressiveModel model;
  private final Adam adam;
  private final boolean graph;
  private final RandomKey key;
  private final Map<Integer, Recording> recordings = new HashMap<>(); // by images in a batch

  public TrainingStep(Backend backend, AutoregressiveModel model, Adam adam) {
    this(backend, model, adam, true);
  }

  /// @param graph whether steps may be recorded
  public TrainingStep(Backend backend, AutoregressiveModel model, Adam adam, boolean graph) {
    this(backend, model, adam, graph, RandomKey.of(0));
  }

  /// @param key of what is drawn at random in a step, such as dropout
  public TrainingStep(
      Backend backend, AutoregressiveModel model, Adam adam, boolean graph, RandomKey key) {
    this.key = key;
    this.backend = backend;
    this.model = model;
    this.adam = adam;
    this.graph = graph;
  }

  /// Trains on `count` images of 784 pixels, each 0 or 1.
  ///
  /// @return the mean negative log-likelihood of these images before the update, in nats per image
  public double run(float[] pixels, int count, float rate) {
    Recording recording = recordings.computeIfAbsent(count, this::record);
    try (Scope scope = recording.open("batch")) {
      Tensor x = scope.tensor(backend.storage(), count, AutoregressiveModel.PIXELS);
      Tensor numbers = scope.floats(AdamStep.SIZE);
      Tensor draw = scope.floats(Draw.SIZE);
      Tensor nll = scope.floats(count);
      backend.write(x, pixels);
      backend.write(draw, new Draw(key.fold(adam.steps()), 0).pieces());
      adam.next(numbers, rate);
      recording.run(
          () -> step(x, numbers, draw, nll),
          x,
          numbers,
          draw,
          nll,
          model.parameters().flat().value());
      return mean(backend.readFloats(nll));
    }
  }

  private Recording record(int count) {
    return graph
        ? backend.record("training step of %d images".formatted(count))
        : Recording.plain(backend);
  }

  private void step(Tensor x, Tensor numbers, Tensor draw, Tensor nll) {
    try (Scope scope = backend.open("step")) {
      Tape tape = model.parameters().tape(scope);
      tape.drawFrom(draw);
      Tensor loss = model.nll(new Ops(backend, scope, tape), x);
      backend.copy(loss, nll);
      tape.backward(loss);
      adam.update(scope, numbers);
    }
  }

  static double mean(float[] values) {
    double sum = 0;
    for (float v : values) {
      sum += v;
    }
    return sum / values.length;
  }

  /// Gives back what the recorded steps hold. The backend does so too when it closes.
  @Override
  public void close() {
    recordings.values().forEach(Recording::close);
    recordings.clear();
  }
}
