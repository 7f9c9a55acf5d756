package outsider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.data.Batches;
import dev.hindsight.data.Binarize;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.FormatException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.sample.Sampler;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.DivergedException;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.Models;
import dev.hindsight.train.Progress;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.Schedule;
import dev.hindsight.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Somebody else's model does all that Hindsight's own do, through public API alone.
@Tag("slow")
class ModelOfOnesOwnTest {
  private static final RandomKey KEY = RandomKey.of(3);
  @AutoClose private static final Backend BACKEND = Backends.open("cpu");
  private static final Dataset TRAIN = Datasets.open("mnist10k", Split.TRAIN).first(128);
  private static final Dataset TEST = Datasets.open("mnist10k", Split.TEST).first(40);
  private static final NeighboursConfig CONFIG = new NeighboursConfig(ImageShape.MNIST, 8, 30);

  /// Of images that are drawn by a full pass for each pixel.
  private static final ImageShape SMALL = new ImageShape(7, 5);

  private static final NeighboursConfig DRAWN = new NeighboursConfig(SMALL, 8, 9);

  @TempDir private Path temp;

  private static Recipe recipe(int epochs, float rate) {
    return Recipe.of(epochs, 16, rate)
        .withSchedule(Schedule.COOLDOWN)
        .withWeightDecay(0.1f)
        .withClipNorm(1)
        .startingFromMeans();
  }

  private static Trainer trainer(AutoregressiveModel model, Recipe recipe) {
    return new Trainer(BACKEND, model, recipe, KEY, TRAIN, TEST);
  }

  private static double nats(AutoregressiveModel model) {
    var batches = Batches.evaluation(TEST, 100, Binarize.THRESHOLD, KEY);
    return Likelihood.of(BACKEND, model, batches).nats();
  }

  @Test
  void trainsAndEndsWithTheWeightsOfItsBestEpoch() {
    try (Neighbours model = CONFIG.create(BACKEND, KEY);
        Trainer trainer = trainer(model, recipe(3, 1e-2f))) {
      double fresh = nats(model);
      List<Progress> steps = new ArrayList<>();
      trainer.watch(steps::add);
      Trainer.Epoch first = trainer.next();
      assertThat(first.number()).isOne();
      assertThat(first.steps()).isEqualTo(8); // 128 images, 16 at a time
      assertThat(first.best()).isTrue();
      assertThat(nats(model)).isEqualTo(first.validationNats());
      Trainer.Result result = trainer.run();
      assertThat(steps).hasSize(24);
      assertThat(result.epochs()).isEqualTo(3);
      assertThat(nats(model)).isEqualTo(result.bestNats());
      assertThat(result.bestNats()).isLessThan(0.5 * fresh);
      assertThat(trainer.hasNext()).isFalse();
      assertThatThrownBy(trainer::next).hasMessage("trainer: all 3 epochs are done");
    }
  }

  /// At this rate the second epoch is worse than the first.
  @Test
  void anEpochThatIsWorseIsNotKept() {
    try (Neighbours model = CONFIG.create(BACKEND, KEY);
        Trainer trainer = trainer(model, recipe(2, 2f))) {
      Trainer.Epoch first = trainer.next();
      Trainer.Epoch second = trainer.next();
      assertThat(second.validationNats()).isGreaterThan(first.validationNats());
      assertThat(second.best()).isFalse();
      assertThat(nats(model)).isEqualTo(second.validationNats());
      trainer.keepBest();
      assertThat(nats(model)).isEqualTo(first.validationNats());
    }
  }

  @Test
  void aLossThatIsNoNumberIsOneLine() {
    try (Neighbours model = CONFIG.create(BACKEND, KEY);
        Trainer trainer = trainer(model, recipe(1, Float.MAX_VALUE))) {
      assertThatThrownBy(trainer::run)
          .isInstanceOf(DivergedException.class)
          .hasMessageMatching(
              "the (training loss|validation NLL) is \\S+ at epoch 1, step \\d; "
                  + "try a lower rate than 3.4028235E38");
    }
  }

  @Test
  void theSameKeyGivesTheSameBits() throws IOException {
    for (String name : new String[] {"a", "b"}) {
      try (Neighbours model = CONFIG.create(BACKEND, KEY);
          Trainer trainer = trainer(model, recipe(2, 1e-2f))) {
        trainer.run();
        Models.save(BACKEND, model, temp.resolve(name));
      }
    }
    assertThat(Files.readAllBytes(temp.resolve("a")))
        .isEqualTo(Files.readAllBytes(temp.resolve("b")));
  }

  @Test
  void isSavedAndLoaded() {
    Path file = temp.resolve("neighbours.safetensors");
    try (Neighbours model = CONFIG.create(BACKEND, KEY)) {
      Models.save(BACKEND, model, file);
      try (AutoregressiveModel again = Models.load(BACKEND, model.config(), file)) {
        assertThat(again).isInstanceOf(Neighbours.class);
        assertThat(again.config()).isEqualTo(CONFIG);
        assertThat(nats(again)).isEqualTo(nats(model));
      }
    }
    assertThatThrownBy(
            () -> Models.load(BACKEND, new NeighboursConfig(ImageShape.MNIST, 9, 30), file))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("hidden.weight");
    assertThatThrownBy(() -> Models.load(BACKEND, CONFIG, temp.resolve("none")))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("none");
  }

  @Test
  void isDrawnByFullForwardPasses() {
    try (Neighbours model = DRAWN.create(BACKEND, KEY)) {
      float[] images;
      try (Sampler sampler = Sampler.of(BACKEND, model, new Sampler.Request(2, 1, KEY))) {
        assertThat(sampler.multiplyAddsPerImage()).isEqualTo(SMALL.pixels() * model.multiplyAdds());
        images = sampler.finish();
      }
      assertThat(images).hasSize(2 * SMALL.pixels()).contains(0f, 1f).containsOnly(0f, 1f);
      var plan = new BatchSampler.Plan(2, 1, KEY);
      try (BatchSampler sampler = new BatchSampler(BACKEND, model, plan)) {
        assertThat(sampler.draw(0)).isEqualTo(images);
      }
    }
  }

  /// The same model, which now brings a sampler.
  private record WithSampler(Neighbours net) implements SampledModel {
    @Override
    public NeighboursConfig config() {
      return net.config();
    }

    @Override
    public Parameters parameters() {
      return net.parameters();
    }

    @Override
    public Tensor logits(Ops ops, Tensor pixels) {
      return net.logits(ops, pixels);
    }

    @Override
    public Parameter outputBias() {
      return net.outputBias();
    }

    @Override
    public Sampler sampler(
        Backend backend, Scope scope, Sampler.Request request, @Nullable Tensor labels) {
      return new ColumnByColumn(backend, scope, this, request);
    }
  }

  /// Takes one column of each pass.
  private static final class ColumnByColumn extends Sampler {
    private final Backend backend;
    private final WithSampler model;
    private final Tensor logit; // (B,1)

    ColumnByColumn(Backend backend, Scope scope, WithSampler model, Request request) {
      super(backend, scope, model, request);
      this.backend = backend;
      this.model = model;
      this.logit = scope.floats(request.count(), 1);
    }

    @Override
    public long multiplyAddsPerImage() {
      return SMALL.pixels() * model.multiplyAdds();
    }

    @Override
    protected void computeLogits(int pixel) {
      try (Scope pass = backend.open("forward")) {
        backend.copyColumns(model.logits(new Ops(backend, pass, null), pixels), pixel, logit, 0, 1);
      }
      backend.copyColumns(logit, 0, logits, pixel, 1);
    }
  }

  @Test
  void mayBringASampler() {
    var request = new Sampler.Request(2, 1, KEY);
    try (Neighbours net = DRAWN.create(BACKEND, KEY);
        Sampler own = Sampler.of(BACKEND, new WithSampler(net), request);
        Sampler naive = Sampler.of(BACKEND, net, request)) {
      assertThat(own).isInstanceOf(ColumnByColumn.class);
      assertThat(own.finish()).isEqualTo(naive.finish());
      assertThat(own.logits()).isEqualTo(naive.logits());
    }
  }

  /// Without [Ops#previousPixel] each logit sees the pixel that it predicts.
  private record LookingAhead(NeighboursConfig config, Parameters parameters, CausalConv1d layer)
      implements AutoregressiveModel {
    static LookingAhead create() {
      Parameters parameters = new Parameters(BACKEND);
      var layer = new CausalConv1d(parameters, "layer", 1, 1, 3, 1, KEY);
      parameters.allocate();
      return new LookingAhead(CONFIG, parameters, layer);
    }

    @Override
    public Tensor logits(Ops ops, Tensor pixels) {
      Tensor sequence = ops.reshape(pixels, pixels.rows(), shape().pixels(), 1);
      return ops.reshape(layer.forward(ops, sequence), pixels.rows(), shape().pixels());
    }

    @Override
    public Parameter outputBias() {
      return layer.bias();
    }
  }

  @Test
  void aModelThatLooksAheadIsRefusedBeforeItsFirstStep() {
    try (LookingAhead model = LookingAhead.create();
        Trainer trainer = trainer(model, recipe(1, 1e-2f))) {
      float[] fresh = BACKEND.readFloats(model.parameters().flat().value());
      assertThatThrownBy(trainer::next)
          .isInstanceOf(UserException.class)
          .hasMessageMatching(
              "model neighbours looks ahead: logit 0 moved from \\S+ to \\S+ when values from 0 on"
                  + " were changed \\(FLIP\\); compute each logit from earlier pixels alone,"
                  + " for instance from ops.previousPixel");
      assertThat(BACKEND.readFloats(model.parameters().flat().value())).isEqualTo(fresh);
    }
  }

  @Test
  void isHeldAgainstTheLawOfEveryModel() {
    try (Neighbours model = CONFIG.create(BACKEND, KEY)) {
      assertThat(Causality.check(BACKEND, model, 29).holds()).isTrue();
    }
  }
}
