package dev.hindsight.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Training looks at a loss when the next step is on its way: the same losses, told of the same
/// steps, and the same weights as of one that waits for each.
class LateLossTest {
  private static final RandomKey KEY = RandomKey.of(5);
  private static final float RATE = 1e-2f;
  private static final Dataset TRAIN = Datasets.open("mnist10k", Split.TRAIN).first(39);
  private static final Dataset TEST = Datasets.open("mnist10k", Split.TEST).first(5);

  /// Step by step: its number and its loss.
  private record Told(int step, double nats) {}

  private static Recipe recipe(float rate) {
    return Recipe.of(2, 8, rate).withWeightDecay(0.1f).withClipNorm(1);
  }

  @Test
  void lossesAndWeightsAreThoseOfATrainerThatWaits() {
    try (Backend gpu = Backends.openSoftwareGpu();
        AutoregressiveModel late =
            MadeConfig.random(ImageShape.MNIST, 13, 1, KEY).create(gpu, KEY);
        AutoregressiveModel waiting =
            MadeConfig.random(ImageShape.MNIST, 13, 1, KEY).create(gpu, KEY)) {
      List<Told> told = new ArrayList<>();
      try (Trainer trainer = new Trainer(gpu, late, recipe(RATE), KEY, TRAIN, TEST)) {
        trainer.watch(p -> told.add(new Told((int) p.step(), p.nllNats())));
        while (trainer.hasNext()) {
          trainer.next();
        }
      }
      List<Told> wanted = new ArrayList<>();
      Adam adam = new Adam(gpu, waiting.parameters(), 0.1f, 1);
      try (TrainingStep step = new TrainingStep(gpu, waiting, adam, true, KEY.fold("step"))) {
        Batches batches = Batches.training(TRAIN, 8, Binarize.THRESHOLD, KEY.fold("train"));
        for (int epoch = 0; epoch < 2; epoch++) {
          for (Batch batch : batches.epoch(epoch)) {
            double nats = step.run(batch.pixels(), batch.count(), RATE);
            wanted.add(new Told(adam.steps(), nats));
          }
        }
      }
      assertThat(told).isEqualTo(wanted).doesNotHaveDuplicates().hasSizeGreaterThan(7);
      assertThat(gpu.readFloats(late.parameters().flat().value()))
          .isEqualTo(gpu.readFloats(waiting.parameters().flat().value()));
    }
  }

  @Test
  void theStepThatWentWrongIsNamedAndNotTheOneAfterIt() {
    try (Backend cpu = Backends.open("cpu");
        AutoregressiveModel model =
            MadeConfig.random(ImageShape.MNIST, 13, 1, KEY).create(cpu, KEY);
        Trainer trainer = new Trainer(cpu, model, recipe(RATE), KEY, TRAIN, TEST)) {
      trainer.watch(
          p -> {
            if (p.step() == 1) { // step 2 has begun
              var weights = model.parameters().flat().value();
              cpu.fill(weights, Float.NaN);
            }
          });
      assertThatThrownBy(trainer::next)
          .isInstanceOf(DivergedException.class)
          .hasMessageContaining("the training loss is NaN at epoch 1, step 3");
    }
  }
}
