package dev.hindsight.model.wavenet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class WaveNetTest {
  private static final RandomKey KEY = RandomKey.of(11);

  private static float[] bits(int images) {
    float[] pixels = Philox.uniforms(KEY.fold("bits"), images * 784);
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = pixels[k] < 0.2f ? 1 : 0;
    }
    return pixels;
  }

  /// PyTorch counts 4,619,201 for the same layers.
  @Test
  void hasPyTorchsParameters() {
    try (Backend backend = Backends.open("cpu");
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 320, 9, 9).create(backend, KEY)) {
      assertThat(net.parameters().count()).isEqualTo(4_619_201);
      assertThat(net.parameters().all().subList(0, 6))
          .extracting(Parameter::name, p -> p.layout().torch())
          .containsExactly(
              tuple("first.weight", Shape.of(320, 3, 2)),
              tuple("first.bias", Shape.of(320)),
              tuple("dil.0.weight", Shape.of(640, 320, 2)),
              tuple("dil.0.bias", Shape.of(640)),
              tuple("res.0.weight", Shape.of(320, 320, 1)),
              tuple("res.0.bias", Shape.of(320)));
      Parameter out = net.output().weight();
      assertThat(out.name()).isEqualTo("out.weight");
      assertThat(out.layout().torch()).isEqualTo(Shape.of(1, 320, 1));
      assertThat(net.blocks())
          .extracting(b -> b.dilated().dilation())
          .containsExactly(1, 2, 4, 8, 16, 32, 64, 128, 256);
    }
  }

  @Test
  void logitsEqualTheirDefinition() {
    try (Backend backend = Backends.reference();
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 3, 2, 2).create(backend, KEY);
        Scope scope = backend.open("test")) {
      Tensor x = scope.floats(2, 784);
      backend.write(x, bits(2));
      double[] got = backend.readDoubles(net.logits(new Ops(backend, scope, null), x));
      double[] pixels = backend.readDoubles(x);
      for (int image = 0; image < 2; image++) {
        double[] want =
            plainly(backend, net, Arrays.copyOfRange(pixels, image * 784, image * 784 + 784));
        for (int t = 0; t < 784; t++) {
          assertThat(got[image * 784 + t]).as("logit %d", t).isCloseTo(want[t], within(1e-9));
        }
      }
    }
  }

  /// Position by position, as the paper has it.
  private static double[] plainly(Backend backend, WaveNet net, double[] pixels) {
    double[][] h = new double[784][];
    for (int t = 0; t < 784; t++) {
      double row = Math.floorDiv(t - 1, 28);
      double column = Math.floorMod(t - 1, 28);
      h[t] = t == 0 ? new double[3] : new double[] {pixels[t - 1], row / 27, column / 27};
    }
    h = conv(backend, net.first(), h);
    for (WaveNet.Block block : net.blocks()) {
      double[][] ab = conv(backend, block.dilated(), h);
      double[][] gated = new double[784][3];
      for (int t = 0; t < 784; t++) {
        for (int c = 0; c < 3; c++) {
          gated[t][c] = Math.tanh(ab[t][c]) / (1 + Math.exp(-ab[t][3 + c]));
        }
      }
      double[][] mixed = conv(backend, block.mix(), gated);
      for (int t = 0; t < 784; t++) {
        for (int c = 0; c < 3; c++) {
          mixed[t][c] += h[t][c];
        }
      }
      h = mixed;
    }
    return Arrays.stream(conv(backend, net.output(), h)).mapToDouble(row -> row[0]).toArray();
  }

  private static double[][] conv(Backend backend, CausalConv1d layer, double[][] x) {
    double[] b = backend.readDoubles(layer.bias().value());
    double[][] y = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      y[t] = b.clone();
    }
    for (int back = 0; back * layer.dilation() <= layer.reach(); back++) {
      double[] w = backend.readDoubles(layer.tap(back));
      int shift = back * layer.dilation();
      for (int t = shift; t < x.length; t++) {
        for (int o = 0; o < b.length; o++) {
          for (int i = 0; i < layer.inputs(); i++) {
            y[t][o] += x[t - shift][i] * w[o * layer.inputs() + i];
          }
        }
      }
    }
    return y;
  }

  @Test
  void learnsOneBatchByHeart() {
    try (Backend backend = Backends.open("cpu");
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 32, 9, 9).create(backend, KEY)) {
      TrainingStep step = new TrainingStep(backend, net, new Adam(backend, net.parameters()));
      float[] batch = bits(1);
      double first = step.run(batch, 1, 1e-2f);
      long reserved = backend.reservedBytes();
      double last = first;
      for (int k = 0; k < 250; k++) {
        last = step.run(batch, 1, 5e-3f);
      }
      assertThat(first).isGreaterThan(400);
      assertThat(last).isLessThan(40);
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }

  @Test
  void saysHowFarItLooksBack() {
    WaveNetConfig seed = new WaveNetConfig(ImageShape.MNIST, 320, 9, 9);
    assertThat(seed.receptiveField()).isEqualTo(513);
    assertThat(seed.remark())
        .isEqualTo(
            "receptive field 513 pixels, so the last pixel does not see the first 270 of the 783"
                + " before it");
    assertThat(new WaveNetConfig(ImageShape.MNIST, 8, 10, 10).remark())
        .isEqualTo("receptive field 1025 pixels, the whole image");
    assertThat(new WaveNetConfig(ImageShape.MNIST, 8, 1, 1).receptiveField()).isEqualTo(3);
    assertThat(new WaveNetConfig(ImageShape.MNIST, 8, 4, 3).receptiveField())
        .isEqualTo(2 + 1 + 2 + 4 + 1);
  }

  /// What the sizes promise is what a change of a pixel reaches.
  @Test
  void theReceptiveFieldIsWhatAPixelReaches() {
    try (Backend backend = Backends.reference();
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 4, 3, 3).create(backend, KEY);
        Scope scope = backend.open("test")) {
      float[] pixels = bits(2);
      System.arraycopy(pixels, 0, pixels, 784, 784);
      pixels[784 + 100] = 1 - pixels[100];
      Tensor x = scope.floats(2, 784);
      backend.write(x, pixels);
      double[] logits = backend.readDoubles(net.logits(new Ops(backend, scope, null), x));
      int last = 0;
      for (int t = 0; t < 784; t++) {
        last = logits[t] == logits[784 + t] ? last : t;
      }
      assertThat(last).isEqualTo(100 + net.config().receptiveField());
    }
  }

  @Test
  void countsTheMultiplyAddsThatExist() {
    try (Backend backend = Backends.reference();
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 5, 2, 2).create(backend, KEY)) {
      long first = (784 + 783) * 3L * 5;
      long dilated = (784 + 783 + 784 + 782) * 5L * 10;
      long mixed = 2 * 784 * 5L * 5;
      assertThat(net.multiplyAdds()).isEqualTo(first + dilated + mixed + 784 * 5L);
    }
  }

  @Test
  void startsFromTheMeanOfAllPixels() {
    try (Backend backend = Backends.reference();
        WaveNet net = new WaveNetConfig(ImageShape.MNIST, 5, 1, 1).create(backend, KEY)) {
      double[] means = new double[784];
      Arrays.fill(means, 0, 392, 0.5);
      net.startFromMeans(means);
      assertThat(backend.readDoubles(net.output().bias().value())[0])
          .isCloseTo(Math.log(0.25 / 0.75), within(1e-6));
    }
  }

  @Test
  void refusesSizesThatMakeNoNetwork() {
    refused(0, 1, 1, "--residual-channels must be from 1 to 16384 but is 0");
    refused(1, 0, 1, "--blocks must be from 1 to 1024 but is 0");
    refused(1, 2000, 1, "--blocks must be from 1 to 1024 but is 2000");
    refused(1, 1, -1, "--dilation-cycle must be from 1 to 10 but is -1");
    refused(1, 1, 11, "--dilation-cycle must be from 1 to 10 but is 11");
  }

  private static void refused(int channels, int blocks, int cycle, String message) {
    assertThatThrownBy(() -> new WaveNetConfig(ImageShape.MNIST, channels, blocks, cycle))
        .isInstanceOf(UserException.class)
        .hasMessage("wavenet: " + message);
  }
}
