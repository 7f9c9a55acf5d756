package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.model.pixelrnn.PixelRnnConfig;
import dev.hindsight.model.pixelsnail.PixelSnailConfig;
import dev.hindsight.model.symmetric.SymmetricConfig;
import dev.hindsight.model.transformer.TransformerConfig;
import dev.hindsight.model.wavenet.WaveNetConfig;
import dev.hindsight.nn.ImageLstm.Kind;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.BuiltInModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the tape makes of a whole model, in double: along a random direction in the space of each
/// parameter, its gradient is the slope that central differences find.
@Tag("slow")
class ModelGradientsTest {
  private static final RandomKey KEY = RandomKey.of(23);
  private static final ImageShape SMALL = new ImageShape(4, 5);
  private static final ImageShape COLOUR = new ImageShape(3, 4, 3, 8);
  private static final double STEP = 1e-7; // past few kinks of a ReLU

  static Stream<ModelConfig> models() {
    return Stream.of(binary(), mixtures(), conditional()).flatMap(models -> models);
  }

  /// Of three channels, every model.
  private static Stream<ModelConfig> mixtures() {
    return Arrays.stream(BuiltInModel.values())
        .map(model -> model.tiny(COLOUR, Head.parse("logistic-mixture:2"), 0));
  }

  /// Of three classes: every model with a categorical head, and whatever adds to other layers.
  private static Stream<ModelConfig> conditional() {
    var small = new ImageShape(3, 5);
    var head = new BernoulliHead();
    return Stream.concat(
        Arrays.stream(BuiltInModel.values())
            .map(model -> model.tiny(COLOUR, new CategoricalHead(), 3)),
        Stream.of(
            MadeConfig.random(small, 7, 2, KEY).with(head, 3),
            new SymmetricConfig(new PixelCnnConfig(small, head, 4, 4, 1, 3, 1, true), 4),
            new PixelCnnConfig(small, head, 3, 4, 1, 3, 1, true),
            new GatedPixelCnnConfig(small, head, 3, 3, 2, 3, true, true),
            new LstmConfig(small, head, 3, 4, 2),
            new PixelRnnConfig(small, head, 3, 3, 2, Kind.DIAGONAL)));
  }

  private static Stream<ModelConfig> binary() {
    return Stream.of(
        MadeConfig.random(SMALL, 19, 2, KEY),
        new WaveNetConfig(SMALL, 5, 4, 3),
        new PixelCnnConfig(SMALL, 4, 2, 5, 1, true),
        new GatedPixelCnnConfig(SMALL, 3, 2, 5, true, true),
        new GatedPixelCnnConfig(SMALL, 3, 2, 5, false, true),
        new TransformerConfig(SMALL, 6, 2, 2, 0),
        new PixelSnailConfig(SMALL, Head.of(SMALL), 0, 4, 2, 2, 3, 2),
        new LstmConfig(SMALL, 5, 2),
        new PixelRnnConfig(SMALL, 3, 2),
        new PixelRnnConfig(SMALL, 3, 2, Kind.DIAGONAL));
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyParametersGradientIsTheSlopeOfTheLoss(ModelConfig config) {
    try (Backend backend = Backends.reference();
        AutoregressiveModel model = config.create(backend, KEY)) {
      model.turnTo(model.order(model.orders() - 1));
      Map<Parameter, double[]> gradients = gradients(backend, model);
      gradients.forEach(
          (parameter, gradient) -> {
            double[] way = Philox.normals(KEY.fold(parameter.name()), gradient.length);
            double slope = 0;
            for (int k = 0; k < way.length; k++) {
              slope += gradient[k] * way[k];
            }
            double[] before = backend.readDoubles(parameter.value());
            double up = loss(backend, model, parameter, before, way, STEP);
            double down = loss(backend, model, parameter, before, way, -STEP);
            backend.write(parameter.value(), before);
            assertThat((up - down) / (2 * STEP))
                .as("along %s of %s", parameter.name(), config)
                .isCloseTo(slope, within(1e-8 + 1e-4 * Math.abs(slope)));
          });
    }
  }

  private static Map<Parameter, double[]> gradients(Backend backend, AutoregressiveModel model) {
    try (Scope scope = backend.open("step")) {
      Tape tape = model.parameters().tape(scope);
      tape.backward(nll(new Ops(backend, scope, tape), model));
      Map<Parameter, double[]> gradients = new LinkedHashMap<>();
      model.parameters().all().forEach(p -> gradients.put(p, backend.readDoubles(p.grad())));
      return gradients;
    }
  }

  /// The mean over all values of what an image costs, which [Tape#backward(Tensor)] makes smaller.
  private static double loss(
      Backend backend,
      AutoregressiveModel model,
      Parameter parameter,
      double[] before,
      double[] way,
      double step) {
    double[] moved = before.clone();
    for (int k = 0; k < moved.length; k++) {
      moved[k] += step * way[k];
    }
    backend.write(parameter.value(), moved);
    try (Scope scope = backend.open("loss")) {
      double[] nats = backend.readDoubles(nll(new Ops(backend, scope, null), model));
      return Arrays.stream(nats).sum() / nats.length / model.shape().values();
    }
  }

  /// Of an image, or of one of the last class, one of none and one of the first.
  private static Tensor nll(Ops ops, AutoregressiveModel model) {
    if (model.config().classes() == 0) {
      return model.nll(ops, pixels(ops.backend(), ops.scope(), model.shape(), 1));
    }
    float[] labels = {model.config().classes() - 1, -1, 0};
    Tensor of = ops.scope().floats(labels.length);
    ops.backend().write(of, labels);
    return model.nll(ops, pixels(ops.backend(), ops.scope(), model.shape(), labels.length), of);
  }

  private static Tensor pixels(Backend backend, Scope scope, ImageShape shape, int images) {
    float[] pixels = Philox.uniforms(KEY.fold("pixels"), images * shape.values());
    for (int k = 0; k < pixels.length; k++) {
      float level = (float) Math.floor(pixels[k] * shape.levels());
      pixels[k] = shape.binary() ? (pixels[k] < 0.3f ? 1 : 0) : level;
    }
    Tensor x = scope.floats(images, shape.values());
    backend.write(x, pixels);
    return x;
  }
}
