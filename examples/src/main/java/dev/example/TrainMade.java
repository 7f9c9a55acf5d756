package dev.example;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batch;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.Adam;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.TrainingStep;
import java.nio.file.Path;

/// Trains a small MADE on digits for two epochs, says how well it predicts digits that it has not
/// seen, and draws ten of its own.
final class TrainMade {
  private static final int EPOCHS = 2;
  private static final int BATCH = 64;
  private static final float RATE = 2e-3f;

  private TrainMade() {}

  public static void main(String[] args) {
    RandomKey key = RandomKey.of(1);
    var config = MadeConfig.random(256, 1, key.fold("degrees"));
    var digits = Datasets.open(Datasets.EMBEDDED, Split.TRAIN);
    var unseen = Datasets.open(Datasets.EMBEDDED, Split.TEST);
    var training = Batches.training(digits, BATCH, Binarize.THRESHOLD, key.fold("train"));
    var test = Batches.evaluation(unseen, 100, Binarize.THRESHOLD, key.fold("test"));

    try (Backend backend = Backends.open("auto");
        AutoregressiveModel model = config.create(backend, key.fold("weights"))) {
      System.out.println(backend.describe());
      double before = Likelihood.of(backend, model, test).nats();
      var adam = new Adam(backend, model.parameters());
      try (var step = new TrainingStep(backend, model, adam)) {
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
          for (Batch batch : training.epoch(epoch)) {
            step.run(batch.pixels(), batch.count(), RATE);
          }
        }
      }
      double after = Likelihood.of(backend, model, test).nats();
      System.out.printf("%.1f nats per image before training, %.1f after%n", before, after);
      if (!(after < 0.5 * before)) {
        throw new AssertionError("it has not learnt");
      }

      var plan = new BatchSampler.Plan(10, 1, key.fold("draw"));
      try (var sampler = new BatchSampler(backend, model, plan)) {
        Path sheet = Path.of("target", "digits.png");
        ImageSheet.DEFAULT.write(sheet, sampler.draw(0), 10);
        System.out.println("drawn: " + sheet.toAbsolutePath());
      }
    }
  }
}
