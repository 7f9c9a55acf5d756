package dev.example;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.Trainer;
import java.nio.file.Path;

/// Trains a small MADE on digits for two epochs, says how well it predicts digits that it has not
/// seen, and draws ten of its own.
final class TrainMade {
  private TrainMade() {}

  public static void main(String[] args) {
    RandomKey key = RandomKey.of(1);
    var digits = Datasets.open(Datasets.EMBEDDED, Split.TRAIN);
    var unseen = Datasets.open(Datasets.EMBEDDED, Split.TEST);
    var config = MadeConfig.random(digits.shape(), 256, 1, key.fold("degrees"));
    var recipe = Recipe.of(2, 64, 2e-3f).startingFromMeans();

    try (Backend backend = Backends.open("auto");
        AutoregressiveModel model = config.create(backend, key.fold("weights"));
        var trainer = new Trainer(backend, model, recipe, key, digits, unseen)) {
      System.out.println(backend.describe());
      double nats = trainer.run().bestNats();
      System.out.printf("%.1f nats per image%n", nats);
      if (!(nats < 150)) {
        throw new AssertionError("it has not learnt");
      }

      var plan = new BatchSampler.Plan(10, 1, key.fold("draw"));
      try (var sampler = new BatchSampler(backend, model, plan)) {
        Path sheet = Path.of("target", "digits.png");
        ImageSheet.of(model.shape()).write(sheet, sampler.draw(0), 10);
        System.out.println("drawn: " + sheet.toAbsolutePath());
      }
    }
  }
}
