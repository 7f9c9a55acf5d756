package dev.hindsight.sample;

import static dev.hindsight.testing.Tensors.ints;
import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelsnail.PixelSnailConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ClassBias;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.sample.BatchSampler.Plan;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The kernel that draws whole images of several channels or levels, on the software GPU: its
/// outputs against the full forward pass on the processor, and its values against those that the
/// head's op there draws from them.
@Tag("slow")
class PixelValuesTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final long FIRST = 2; // image
  private static final float TEMPERATURE = 0.9f;
  private static final Backend GPU = Backends.openSoftwareGpu();
  private static final Backend CPU = Backends.open("cpu");

  @AfterAll
  static void nothingWasFound() {
    CPU.close();
    GPU.close();
    assertThat(Backends.softwareFindings()).isZero();
  }

  /// @param from the first value that is not given
  record Case(ModelConfig config, int count, int from) {
    ImageShape shape() {
      return config.shape();
    }

    /// Of each image another class, and -1; null where there are none.
    @Nullable Tensor labels(Backend backend, Scope scope) {
      if (config.classes() == 0) {
        return null;
      }
      return tensor(backend, scope, labels(), count);
    }

    float[] labels() {
      float[] labels = new float[count];
      for (int n = 0; n < count; n++) {
        labels[n] = (n + 2) % (config.classes() + 1) - 1f;
      }
      return labels;
    }

    /// Of random tables: at first they are zero.
    ///
    /// @param spoilt image the rows of whose class are NaN, -1 for none
    AutoregressiveModel create(Backend backend, int spoilt) {
      AutoregressiveModel model = config.create(backend, KEY);
      for (Parameter table : ClassBias.tables(model.parameters())) {
        float[] rows =
            Philox.uniforms(KEY.fold(table.name()), Math.toIntExact(table.shape().size()));
        if (spoilt >= 0) {
          int from = ((int) labels()[spoilt]) * table.shape().channels();
          Arrays.fill(rows, from, from + table.shape().channels(), Float.NaN);
        }
        model.parameters().write(table, rows);
      }
      return model;
    }

    /// Any levels, NaN where none is given.
    float[] known() {
      float[] values = Philox.uniforms(KEY.fold("known"), count * shape().values());
      for (int k = 0; k < values.length; k++) {
        values[k] = k % shape().values() >= from ? Float.NaN : (int) (values[k] * shape().levels());
      }
      return values;
    }
  }

  /// Each head, of one channel and of three; channels that are no multiple of 4 and that are; sums
  /// of outputs that several warps share, and outputs of several turns; embeddings, of two rows and
  /// of the last pixel; norms, skip connections and sums in parts before the last layer; images
  /// that begin with whole pixels and with a part of one.
  static Stream<Case> models() {
    return Stream.of(
        pixelCnn(2, 3, 4, 3, 4, "categorical", 0),
        pixelCnn(1, 5, 4, 1, 16, "categorical", 3),
        new Case(
            new GatedPixelCnnConfig(
                new ImageShape(3, 3, 3, 256),
                Head.parse("logistic-mixture"),
                0,
                5,
                2,
                3,
                true,
                true),
            2,
            7),
        new Case(
            new GatedPixelCnnConfig(
                new ImageShape(3, 3, 1, 256),
                Head.parse("logistic-mixture:33"),
                0,
                4,
                1,
                3,
                false,
                false),
            1,
            0),
        waveNet(3, new ImageShape(3, 4, 3, 2), "bernoulli", 48, 0),
        waveNet(1, new ImageShape(2, 3, 3, 64), "categorical", 12, 4),
        waveNet(1, new ImageShape(3, 4, 1, 2), "categorical", 3, 0),
        waveNet(1, new ImageShape(3, 4, 1, 2), "logistic-mixture:2", 8, 12),
        transformer(2, new ImageShape(3, 4, 3, 4), "categorical", 8, 2),
        transformer(1, new ImageShape(2, 3, 3, 256), "logistic-mixture:5", 10, 0),
        transformer(2, new ImageShape(4, 3, 1, 256), "categorical", 6, 0),
        transformer(1, new ImageShape(3, 2, 3, 2), "bernoulli", 6, 5),
        new Case(
            new PixelSnailConfig(
                new ImageShape(3, 4, 3, 16), Head.parse("categorical"), 0, 4, 2, 1, 3, 2),
            2,
            4));
  }

  /// The same, and binary pixels, of two classes and none.
  static Stream<Case> modelsOfClasses() {
    var binary = new ImageShape(3, 4);
    Head logit = Head.of(binary);
    var colours = new ImageShape(2, 3, 3, 4);
    Head categorical = Head.parse("categorical");
    Head mixture = Head.parse("logistic-mixture:3");
    return Stream.of(
        new Case(new PixelCnnConfig(binary, logit, 2, 6, 2, 3, 1, true), 3, 0),
        new Case(new PixelCnnConfig(colours, categorical, 2, 6, 1, 3, 1, false), 3, 0),
        new Case(new GatedPixelCnnConfig(binary, logit, 2, 5, 2, 3, false, true), 4, 3),
        new Case(new GatedPixelCnnConfig(colours, mixture, 2, 4, 2, 3, true, false), 2, 0),
        new Case(new WaveNetConfig(binary, logit, 2, 3, 3, 2), 30, 0),
        new Case(new WaveNetConfig(colours, categorical, 2, 8, 2, 2), 3, 4),
        new Case(new PixelSnailConfig(binary, logit, 2, 6, 1, 2, 3, 2), 3, 2),
        new Case(new TransformerConfig(binary, logit, 2, 6, 2, 2, 0), 3, 0),
        new Case(new TransformerConfig(colours, categorical, 2, 8, 1, 2, 0), 3, 0));
  }

  private static Case pixelCnn(
      int count, int height, int width, int channels, int levels, String head, int from) {
    var shape = new ImageShape(height, width, channels, levels);
    return new Case(new PixelCnnConfig(shape, Head.parse(head), 0, 6, 1, 3, 1, true), count, from);
  }

  private static Case waveNet(int count, ImageShape shape, String head, int channels, int from) {
    return new Case(new WaveNetConfig(shape, Head.parse(head), 0, channels, 2, 2), count, from);
  }

  private static Case transformer(int count, ImageShape shape, String head, int width, int from) {
    return new Case(new TransformerConfig(shape, Head.parse(head), 0, width, 1, 2, 0), count, from);
  }

  /// Values and outputs of some images.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Drawn(float[] pixels, float[] outputs) {
    float[] pixels(int n, Case what) {
      int each = what.shape().values();
      return Arrays.copyOfRange(pixels, n * each, (n + 1) * each);
    }

    float[] outputs(int n, Case what) {
      int each = what.config().outputs();
      return Arrays.copyOfRange(outputs, n * each, (n + 1) * each);
    }
  }

  private static Drawn draw(Case what) {
    return draw(what, -1);
  }

  private static Drawn draw(Case what, int spoilt) {
    try (AutoregressiveModel model = what.create(GPU, spoilt)) {
      try (Scope scope = GPU.open("loop")) { // what nobody has written is NaN
        GPU.fill(scope.floats(1 << 18), Float.NaN);
      }
      try (Scope scope = GPU.open("images")) {
        Tensor draw = ints(GPU, scope, new Draw(KEY, FIRST).words());
        Tensor pixels = scope.floats(what.count(), what.shape().values());
        Tensor outputs = scope.floats(what.count(), what.config().outputs());
        GPU.write(pixels, what.known());
        GPU.fill(outputs, Float.NaN);
        assertThat(Sampler.drawsAtOnce(GPU, model, what.count())).isTrue();
        ((SampledModel) model)
            .drawAtOnce(
                GPU,
                scope,
                new WholeImages(
                    draw, TEMPERATURE, what.from(), what.labels(GPU, scope), pixels, outputs));
        return new Drawn(GPU.readFloats(pixels), GPU.readFloats(outputs));
      }
    }
  }

  private static float[] onCpu(Case what, float[] values, Function<Tensor, Work> work) {
    try (Scope scope = CPU.open("test")) {
      Tensor pixels = scope.floats(what.count(), what.shape().values());
      CPU.write(pixels, values);
      return CPU.readFloats(work.apply(pixels).in(scope));
    }
  }

  @FunctionalInterface
  private interface Work {
    Tensor in(Scope scope);
  }

  private static float[] fullPass(Case what, float[] values) {
    try (AutoregressiveModel model = what.create(CPU, -1)) {
      return onCpu(
          what,
          values,
          pixels ->
              scope -> model.logits(new Ops(CPU, scope, null), pixels, what.labels(CPU, scope)));
    }
  }

  /// What the op draws from the same outputs.
  private static float[] byOp(Case what, float[] outputs) {
    return onCpu(
        what,
        what.known(),
        pixels ->
            scope -> {
              Tensor draw = ints(CPU, scope, new Draw(KEY, FIRST).words());
              Tensor all = scope.floats(what.count(), what.config().outputs());
              CPU.write(all, outputs);
              var drawing = new Head.Drawing(draw, all, TEMPERATURE, pixels);
              Head head = what.config().head();
              head.draw(CPU, what.config().group(), drawing, what.from(), what.shape().values());
              return pixels;
            });
  }

  @ParameterizedTest
  @MethodSource({"models", "modelsOfClasses"})
  void drawsWhatOpsDrawFromTheOutputsOfTheFullPass(Case what) {
    Drawn drawn = draw(what);
    float[] want = fullPass(what, drawn.pixels());
    assertThat(drawn.outputs()).hasSameSizeAs(want);
    for (int k = 0; k < want.length; k++) {
      assertThat(drawn.outputs()[k])
          .as("output %d of %d", k, what.config().outputs())
          .isCloseTo(want[k], within(2e-5f * (1 + Math.abs(want[k]))));
    }
    assertThat(drawn.pixels()).containsExactly(byOp(what, drawn.outputs()));
  }

  /// Nobody reads the rows of another image's class: where they are NaN, others have the same bits.
  @ParameterizedTest
  @MethodSource("modelsOfClasses")
  void noImageReadsTheClassOfAnother(Case what) {
    Drawn want = draw(what);
    Drawn got = draw(what, 0);
    float[] labels = what.labels();
    for (int n = 0; n < what.count(); n++) {
      float[] outputs = got.outputs(n, what);
      if (labels[n] == labels[0]) {
        assertThat(outputs).contains(Float.NaN);
      } else {
        assertThat(outputs).containsExactly(want.outputs(n, what));
        assertThat(got.pixels(n, what)).containsExactly(want.pixels(n, what));
      }
    }
  }

  /// Two whole pixels are given, and a channel of the third is drawn by a step.
  @Test
  void goesOnBehindPixelsThatAreGivenAndAChannelThatIsDrawn() {
    Case what = pixelCnn(2, 2, 3, 3, 4, "categorical", 6);
    float[] known = what.known();
    for (int k = 0; k < known.length; k++) {
      known[k] = Float.isNaN(known[k]) ? 0 : known[k];
    }
    try (AutoregressiveModel model = what.config().create(GPU, KEY);
        Sampler sampler = Sampler.of(GPU, model, new Sampler.Request(2, 1, KEY))) {
      float[] steps = batch(model, known, Strategy.STEPS);
      assertThat(batch(model, known, Strategy.BEST)).containsExactly(steps);
      sampler.give(known, 2);
      sampler.next();
      assertThat(sampler.finish()).containsExactly(steps);
    }
  }

  private static float[] batch(AutoregressiveModel model, float[] known, Strategy strategy) {
    try (var sampler = new BatchSampler(GPU, model, new Plan(2, 1, KEY, 2, strategy, false))) {
      return sampler.draw(0, known, drawn -> {});
    }
  }
}
