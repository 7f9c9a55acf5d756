package dev.example;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.ImageSheet;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Models;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.Schedule;
import dev.hindsight.train.Trainer;
import java.nio.file.Path;

/// A model that Hindsight does not have: each pixel is predicted from a few to its left and from a
/// column above it. It trains, is saved and loaded, and draws like any other, and the check that
/// Hindsight's own models pass shows that it never looks ahead.
final class CustomModel {
  private CustomModel() {}

  /// @param shape of the images, of D pixels
  /// @param channels of its one hidden layer
  /// @param left how many pixels to the left count
  /// @param above how many rows above count
  record CrossConfig(ImageShape shape, int channels, int left, int above) implements ModelConfig {
    @Override
    public String name() {
      return "cross";
    }

    @Override
    public Cross create(Backend backend, RandomKey key) {
      return new Cross(backend, this, key);
    }
  }

  /// hidden = relu(left + above), logit = linear(hidden)
  static final class Cross implements AutoregressiveModel {
    private static final int PLANES = 3; // value, row and column of a pixel

    private final CrossConfig config;
    private final Parameters parameters;
    private final CausalConv1d left;
    private final CausalConv1d above;
    private final CausalConv1d output;

    Cross(Backend backend, CrossConfig config, RandomKey key) {
      this.config = config;
      parameters = new Parameters(backend);
      int c = config.channels();
      left = new CausalConv1d(parameters, "left", PLANES, c, config.left(), 1, key);
      int row = config.shape().width();
      above = new CausalConv1d(parameters, "above", PLANES, c, config.above() + 1, row, key);
      output = new CausalConv1d(parameters, "output", c, 1, 1, 1, key);
      parameters.allocate();
    }

    /// Place t of `before` holds pixel t - 1, so what is computed there does not see pixel t.
    @Override
    public Tensor logits(Ops ops, Tensor pixels) {
      Tensor before = ops.previousPixel(pixels, 1, shape().width()); // (B,D,3)
      Tensor sum = ops.add(left.forward(ops, before), above.forward(ops, before));
      Tensor hidden = ops.activate(Activation.RELU, sum); // (B,D,C)
      return ops.reshape(output.forward(ops, hidden), pixels.rows(), shape().pixels());
    }

    @Override
    public CrossConfig config() {
      return config;
    }

    @Override
    public Parameters parameters() {
      return parameters;
    }

    @Override
    public Parameter outputBias() {
      return output.bias();
    }
  }

  public static void main(String[] args) {
    RandomKey key = RandomKey.of(1);
    var digits = Datasets.open(Datasets.EMBEDDED, Split.TRAIN).first(500);
    var unseen = Datasets.open(Datasets.EMBEDDED, Split.TEST).first(100);
    var config = new CrossConfig(digits.shape(), 16, 6, 4);
    var recipe =
        Recipe.of(2, 20, 1e-2f).withSchedule(Schedule.COOLDOWN).withClipNorm(1).startingFromMeans();
    Path weights = Path.of("target", "cross.safetensors");

    try (Backend backend = Backends.open("auto")) {
      try (Cross model = config.create(backend, key);
          var trainer = new Trainer(backend, model, recipe, key, digits, unseen)) {
        while (trainer.hasNext()) {
          var epoch = trainer.next();
          System.out.printf(
              "epoch %d: %.1f nats per image (%.0f images/s)%n",
              epoch.number(), epoch.validationNats(), epoch.imagesPerSecond());
        }
        trainer.keepBest();
        if (!Causality.check(backend, model, 97, Causality.Change.POISON).holds()) {
          throw new AssertionError("it sees pixels that come later");
        }
        Models.save(backend, model, weights);
      }
      try (var model = Models.load(backend, config, weights);
          var sampler =
              new BatchSampler(backend, model, new BatchSampler.Plan(2, 1, key.fold("draw")))) {
        Path sheet = Path.of("target", "cross.png");
        ImageSheet.of(model.shape()).write(sheet, sampler.draw(0), 2);
        System.out.println("drawn: " + sheet.toAbsolutePath());
      }
    }
  }
}
