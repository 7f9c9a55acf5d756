package dev.hindsight.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Parts;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The lists of phases that models give a kernel, without a kernel.
class PixelPhasesTest {
  private static final RandomKey KEY = RandomKey.of(3);
  private static final int IMAGES = 2;
  private static final int SLICES = 3;

  /// The depths of the reference presets; widths do not matter here.
  static Stream<Arguments> seeds() {
    return Stream.of(
        Arguments.of(new WaveNetConfig(ImageShape.MNIST, 3, 9, 9), 10, 0),
        Arguments.of(new PixelCnnConfig(ImageShape.MNIST, 4, 5, 7, 0, false), 7, 1),
        Arguments.of(new GatedPixelCnnConfig(ImageShape.MNIST, 3, 3, 7, false, false), 7, 7),
        Arguments.of(new TransformerConfig(ImageShape.MNIST, 4, 2, 2, 0), 5, 0));
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /// What the model asks its backend to draw by.
  private static PixelLoop loop(ModelConfig config) {
    List<PixelLoop> asked = new ArrayList<>();
    Sampling sampling =
        proxy(
            Sampling.class,
            (self, method, given) -> {
              if (method.getName().equals("slices")) {
                return SLICES;
              }
              if (method.getName().equals("multipliesOut")) {
                return true;
              }
              assertThat(method.getName()).isEqualTo("pixels");
              asked.add((PixelLoop) given[0]);
              return null;
            });
    try (Backend cpu = Backends.open("cpu");
        AutoregressiveModel model = config.create(cpu, KEY);
        Scope scope = cpu.open("loop")) {
      Backend asking =
          proxy(
              Backend.class,
              (self, method, given) ->
                  method.getName().equals("sampling") ? sampling : method.invoke(cpu, given));
      Tensor images = scope.floats(IMAGES, ImageShape.MNIST.pixels());
      ((SampledModel) model)
          .drawAtOnce(asking, scope, new WholeImages(images, 1, 0, images, images));
    }
    return asked.getFirst();
  }

  /// Each is a barrier over the grid, most of the time that a pixel takes.
  @ParameterizedTest
  @MethodSource("seeds")
  void aPixelTakesFewPhases(ModelConfig config, int pixel, int row) {
    PixelLoop loop = loop(config);
    assertThat(loop.phases()).filteredOn(phase -> phase.when() != When.ROW).hasSize(pixel);
    assertThat(loop.phases()).filteredOn(phase -> phase.when() == When.ROW).hasSize(row);
    assertThat(loop.phases().getFirst().when()).isEqualTo(When.DRAW);
  }

  static Stream<ModelConfig> all() {
    return Stream.concat(
        seeds().map(arguments -> (ModelConfig) arguments.get()[0]),
        Stream.of(
            new WaveNetConfig(ImageShape.MNIST, 3, 1, 1),
            new PixelCnnConfig(ImageShape.MNIST, 4, 1, 3, 2, false),
            new GatedPixelCnnConfig(ImageShape.MNIST, 3, 2, 5, true, false)));
  }

  /// Blocks of a phase do not wait for each other, so what one writes another may not read: of a
  /// ring neither the entry of the pixel itself nor one that lies a whole turn before.
  @ParameterizedTest
  @MethodSource("all")
  void noStepReadsWhatItsPhaseWrites(ModelConfig config) {
    for (Phase phase : loop(config).phases()) {
      List<Tensor> written = phase.steps().stream().flatMap(PixelPhasesTest::written).toList();
      for (Step step : phase.steps()) {
        int before = step instanceof PixelLoop.Logit ? 1 : 0; // it is that of the pixel before
        for (Term term : terms(step)) {
          int back = term.back() + before;
          assertThat(written.contains(term.x()) && back % term.x().dim(0) == 0)
              .as("%s reads in %s what it writes", config, step)
              .isFalse();
          Parts rest = term.input().rest();
          if (rest != null) {
            assertThat(written).as("parts of %s", config).doesNotContain(rest.parts());
          }
        }
        if (step instanceof Product product && !product.y().equals(product.add())) {
          assertThat(written).doesNotContain(product.add());
        }
      }
    }
  }

  private static List<Term> terms(Step step) {
    return switch (step) {
      case Product product -> product.terms();
      case PixelLoop.Logit logit -> logit.terms();
      case PixelLoop.Attend attend -> List.of(attend.qkv());
      case PixelLoop.Perceptron perceptron -> List.of(perceptron.up());
      default -> List.of();
    };
  }

  private static Stream<Tensor> written(Step step) {
    Tensor y =
        switch (step) {
          case Product product -> product.y();
          case PixelLoop.Logit logit -> logit.first().y();
          case PixelLoop.First first -> first.y();
          case PixelLoop.Squash squash -> squash.y();
          case PixelLoop.Cell cell -> cell.h();
          case PixelLoop.Attend attend -> attend.y();
          case PixelLoop.Perceptron perceptron -> perceptron.y();
        };
    Stream<Tensor> kept = terms(step).stream().flatMap(term -> kept(term.input()));
    return Stream.concat(Stream.of(y), kept);
  }

  private static Stream<Tensor> kept(Input input) {
    Parts rest = input.rest();
    return Stream.concat(
        Stream.ofNullable(input.keep()),
        rest == null ? Stream.empty() : Stream.ofNullable(rest.sum()));
  }
}
