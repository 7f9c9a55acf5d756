package dev.hindsight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Adam;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The README's training loop: it is this code, and it learns.
class ReadmeLoopTest {
  private static List<float[]> train() {
    // README begin
    Dataset digits = Datasets.open("mnist10k", Split.TRAIN);
    List<float[]> losses = new ArrayList<>();
    RandomKey key = RandomKey.of(42);
    try (Backend backend = Backends.open("cpu");
        Made made = MadeConfig.random(digits.shape(), 64, 2, key).create(backend, key)) {
      Adam adam = new Adam(backend, made.parameters());
      for (Batch batch : Batches.training(digits, 64, Binarize.THRESHOLD, key).epoch(0)) {
        try (Scope step = backend.open("step")) {
          Tensor pixels = step.floats(batch.count(), digits.shape().pixels());
          backend.write(pixels, batch.pixels());
          Tape tape = made.parameters().tape(step);
          Tensor nll = made.nll(new Ops(backend, step, tape), pixels); // nats, one per image
          tape.backward(nll);
          adam.step(step, 1e-2f);
          losses.add(backend.readFloats(nll));
        }
      }
    }
    // README end
    return losses;
  }

  @Test
  void learns() {
    List<float[]> losses = train();
    assertThat(losses).hasSize(8_000 / 64);
    assertThat(mean(losses.getFirst())).isBetween(500.0, 560.0); // 784 ln 2: grey
    assertThat(mean(losses.getLast())).isLessThan(250);
  }

  private static double mean(float[] nats) {
    double sum = 0;
    for (float x : nats) {
      sum += x;
    }
    return sum / nats.length;
  }

  @Test
  void isWhatTheReadmeShows() throws IOException {
    String test =
        Files.readString(Path.of("src/hindsight/test/java/dev/hindsight/ReadmeLoopTest.java"));
    String loop = test.split("// README begin\n", 2)[1].split(" *// README end", 2)[0];
    assertThat(Files.readString(Path.of("README.md"))).contains(loop.stripTrailing().stripIndent());
  }
}
