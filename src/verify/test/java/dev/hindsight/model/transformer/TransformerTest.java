package dev.hindsight.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class TransformerTest {
  private static final RandomKey KEY = RandomKey.of(12);
  private static final int PIXELS = ImageShape.MNIST.pixels();

  private static float[] bits(int images) {
    float[] pixels = Philox.uniforms(KEY.fold("bits"), images * PIXELS);
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = pixels[k] < 0.2f ? 1 : 0;
    }
    return pixels;
  }

  /// The whole network once more, a number at a time, as the papers have it.
  @Test
  void logitsEqualThePlainFormulas() {
    TransformerConfig config = new TransformerConfig(ImageShape.MNIST, 6, 2, 2, 0);
    try (Backend backend = Backends.reference();
        Transformer model = config.create(backend, KEY);
        Scope scope = backend.open("test")) {
      Tensor x = scope.floats(1, PIXELS);
      backend.write(x, bits(1));
      double[] got = backend.readDoubles(model.logits(new Ops(backend, scope, null), x));
      Map<String, double[]> weights = new LinkedHashMap<>();
      for (Parameter p : model.parameters().all()) {
        weights.put(p.name(), backend.readDoubles(p.value()));
      }
      double[] want = new PlainTransformer(weights, 6, 2, 2).logits(bits(1));
      for (int k = 0; k < PIXELS; k++) {
        assertThat(got[k]).as("logit %d", k).isCloseTo(want[k], within(1e-9));
      }
    }
  }

  @Test
  void hasPyTorchsNamesAndAsManyParametersAsGpt2sBlocks() {
    try (Backend backend = Backends.open("cpu");
        Transformer model =
            new TransformerConfig(ImageShape.MNIST, 128, 2, 4, 0).create(backend, KEY)) {
      assertThat(model.parameters().all().stream().map(Parameter::name))
          .contains(
              "pos",
              "embed.weight",
              "blocks.0.ln1.weight",
              "blocks.0.qkv.weight",
              "blocks.0.proj.bias",
              "blocks.1.mlp.0.weight",
              "blocks.1.mlp.2.bias",
              "ln.bias",
              "head.weight");
      long block = 12L * 128 * 128 + 13 * 128;
      assertThat(model.parameters().count())
          .isEqualTo(784 * 128 + 2 * 128 + 2 * block + 2 * 128 + 129);
    }
  }

  @Test
  void learnsOneBatchByHeart() {
    try (Backend backend = Backends.open("cpu");
        Transformer model =
            new TransformerConfig(ImageShape.MNIST, 16, 1, 2, 0).create(backend, KEY)) {
      TrainingStep step = new TrainingStep(backend, model, new Adam(backend, model.parameters()));
      float[] batch = new float[PIXELS];
      for (int k = 0; k < PIXELS; k += 7) {
        batch[k] = 1;
      }
      double first = step.run(batch, 1, 1e-2f);
      double last = first;
      for (int k = 0; k < 200; k++) {
        last = step.run(batch, 1, 1e-2f);
      }
      assertThat(first).isGreaterThan(200);
      assertThat(last).isLessThan(30);
    }
  }

  @Test
  void backendsAgreeOnEveryGradient() {
    TransformerConfig config = new TransformerConfig(ImageShape.MNIST, 8, 2, 2, 0.25f);
    try (Backend reference = Backends.reference();
        Backend cpu = Backends.open("cpu")) {
      double[] want = gradient(reference, config);
      double[] got = gradient(cpu, config);
      for (int k = 0; k < want.length; k++) {
        assertThat(got[k])
            .as("element %d", k)
            .isCloseTo(want[k], within(1e-5 + 1e-3 * Math.abs(want[k])));
      }
    }
  }

  private static double[] gradient(Backend backend, TransformerConfig config) {
    try (Transformer model = config.create(backend, KEY);
        Scope scope = backend.open("step")) {
      Tensor x = scope.floats(2, PIXELS);
      backend.write(x, bits(2));
      Tensor draw = scope.floats(12);
      backend.write(draw, new Draw(KEY, 0).pieces());
      Tape tape = model.parameters().tape(scope);
      tape.drawFrom(draw);
      tape.backward(model.nll(new Ops(backend, scope, tape), x));
      return backend.readDoubles(model.parameters().flat().grad());
    }
  }

  @Test
  void aStepReservesNothingAfterTheFirst() {
    try (Backend backend = Backends.open("cpu");
        Transformer model =
            new TransformerConfig(ImageShape.MNIST, 8, 1, 2, 0.1f).create(backend, KEY)) {
      TrainingStep step = new TrainingStep(backend, model, new Adam(backend, model.parameters()));
      step.run(bits(2), 2, 1e-3f);
      long reserved = backend.reservedBytes();
      for (int k = 0; k < 3; k++) {
        step.run(bits(2), 2, 1e-3f);
      }
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }

  @Test
  void refusesSizesThatCannotBe() {
    assertThatThrownBy(() -> new TransformerConfig(ImageShape.MNIST, 10, 1, 3, 0))
        .isInstanceOf(UserException.class)
        .hasMessage("transformer: --heads must divide --width 10 but is 3");
    assertThatThrownBy(() -> new TransformerConfig(ImageShape.MNIST, 512, 1, 2, 0))
        .hasMessageContaining("a head may have 128 channels at most");
    assertThatThrownBy(() -> new TransformerConfig(ImageShape.MNIST, 8, 0, 2, 0))
        .hasMessageContaining("--layers must be from 1 to 1024 but is 0");
    assertThatThrownBy(() -> new TransformerConfig(ImageShape.MNIST, 8, 1, 2, 1))
        .hasMessageContaining("--dropout must be at least 0 and below 1");
  }
}
