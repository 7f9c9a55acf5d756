package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.NotFiniteException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.testing.Runs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A number of a state may be spoilt while no loss shows it: by the step before the checkpoint, in
/// weights of which the average is looked at, or in a moment that only freezes its weight.
class SpoiltStateTest {
  private static final int EPOCH = 6; // steps

  @TempDir private Path temp;

  /// One of whose steps spoils a tensor.
  private static WorkerGroup spoiling(
      Worker worker, Tensor tensor, Backend backend, int step, float value) {
    return new OtherTraining(
        worker,
        (stretch, watch) -> {
          double[] nats = worker.train(stretch, watch);
          if (stretch.epoch() * EPOCH + stretch.to() == step) {
            backend.fill(tensor, value);
          }
          return nats;
        });
  }

  private static RunConfig config(float ema, float clip) {
    Recipe recipe =
        Recipe.of(3, 32, 1e-2f)
            .withSchedule(Schedule.COOLDOWN)
            .withClipNorm(clip)
            .startingFromMeans();
    return SmallRun.config(recipe.withEma(ema), 0);
  }

  private static Tensor tensor(String name, AutoregressiveModel model, Worker worker) {
    return switch (name) {
      case "weights" -> model.parameters().flat().value();
      case "exp_avg" -> model.parameters().flat().firstMoment();
      case "exp_avg_sq" -> model.parameters().flat().secondMoment();
      default -> Objects.requireNonNull(worker.average()).value();
    };
  }

  /// @param step after which the tensor is spoilt; 0 = none is
  private static void run(
      RunFolder folder, RunConfig config, int every, String tensor, int step, float value) {
    SmallRun.train(
        folder,
        config,
        every,
        Files.exists(folder.config()),
        (worker, model, backend) ->
            spoiling(worker, tensor(tensor, model, worker), backend, step, value));
  }

  @ParameterizedTest
  @CsvSource({
    "weights, NaN, 1, 9, 0, 1, 2",
    "weights, -Infinity, 100, 12, 0.9, 1, 0",
    "exp_avg_sq, Infinity, 100, 12, 0, 0, 0",
    "exp_avg, NaN, 100, 12, 0.9, 1, 0",
  })
  void stopsTheRunAndTheLastGoodOneStays(
      String tensor, float value, int every, int step, float ema, float clip, int begun)
      throws IOException {
    RunConfig config = config(ema, clip);
    try (RunFolder folder = RunFolder.create(temp.resolve("whole"))) {
      run(folder, config, every, "weights", 0, 0);
    }
    Path spoilt = temp.resolve("spoilt");
    try (RunFolder folder = RunFolder.create(spoilt)) {
      assertThatThrownBy(() -> run(folder, config, every, tensor, step, value))
          .isInstanceOf(DivergedException.class)
          .hasMessageMatching(
              "%s\\.net\\.\\d\\.(weight|bias) is %s at epoch 2, step %d; .*model.safetensors keeps epoch 1 with [0-9.]+ nats; try a lower --lr than 0.01%s"
                  .formatted(tensor, value, step, clip > 0 ? "" : ", or a --clip"));
      assertThat(Checkpoint.best(folder.model()).epoch()).isOne();
      assertThat(Metrics.read(folder.metrics())).hasSize(2);
      Checkpoint.Reached reached = Checkpoint.reached(folder.optimizer());
      assertThat(reached.epochs()).isOne();
      assertThat(reached.begunSteps()).isEqualTo(begun);
      try (Backend backend = Backends.open("cpu")) {
        assertThat(RunCheck.of(folder, backend)).allMatch(RunCheck.Finding::holds);
      }
    }
    try (RunFolder folder = RunFolder.resume(spoilt)) {
      run(folder, config, every, "weights", 0, 0);
    }
    Runs.assertSame(spoilt, temp.resolve("whole"));
  }

  @Test
  void isNoneOfAModelThatIsSaved() throws IOException {
    Path file = Files.writeString(temp.resolve("model.safetensors"), "good");
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config(0, 0).model().create(backend, SmallRun.KEY)) {
      backend.fill(model.parameters().flat().value(), Float.NaN);
      assertThatThrownBy(() -> Models.save(backend, model, file))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageMatching(
              ".*model.safetensors: not written, since net.0.weight is NaN; train .* a lower rate");
    }
    assertThat(file).hasContent("good");
  }
}
