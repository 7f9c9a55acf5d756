package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnn;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnnConfig;
import dev.hindsight.model.pixelcnn.PixelCnn;
import dev.hindsight.model.pixelcnn.PixelCnnConfig;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both PixelCNNs.
class PixelCnnTest {
  private static final RandomKey KEY = RandomKey.of(11);
  private static final int SIDE = 28;

  private static float[] bits(int images) {
    float[] pixels = Philox.uniforms(KEY.fold("bits"), images * 784);
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = pixels[k] < 0.2f ? 1 : 0;
    }
    return pixels;
  }

  @Test
  void haveAsManyParametersAsInPyTorch() { // see bench/pytorch/models.py
    try (Backend backend = Backends.open("cpu");
        PixelCnn plain =
            new PixelCnnConfig(ImageShape.MNIST, 128, 5, 7, 0, false).create(backend, KEY);
        GatedPixelCnn gated =
            new GatedPixelCnnConfig(ImageShape.MNIST, 96, 3, 7, false, false)
                .create(backend, KEY)) {
      assertThat(plain.parameters().count()).isEqualTo(4_039_041);
      assertThat(gated.parameters().count()).isEqualTo(1_921_153);
    }
  }

  @Test
  void countMultiplyAddsInsideTheImageOnly() {
    try (Backend backend = Backends.open("nd4j");
        PixelCnn plain =
            new PixelCnnConfig(ImageShape.MNIST, 2, 1, 3, 0, false).create(backend, KEY)) {
      // Taps left: 28·27, above: 27·28, above left and right: 27·27, centre: 784.
      long before = 2 * 28 * 27 + 2 * 27 * 27;
      long upTo = before + 784;
      assertThat(plain.multiplyAdds()).isEqualTo(2 * before + 4 * upTo + 784 * (4 + 2));
    }
  }

  /// Parameters in PyTorch's shapes, with zeros where a mask is, and the plainest arithmetic.
  private static final class Plain {
    private final Map<String, float[]> values = new LinkedHashMap<>();
    private final Map<String, int[]> shapes = new LinkedHashMap<>();

    Plain(Backend backend, AutoregressiveModel model) {
      float[] flat = backend.readFloats(model.parameters().flat().value());
      for (Parameter p : model.parameters().all()) {
        values.put(p.name(), p.layout().toTorch(flat, model.parameters().offset(p)));
        shapes.put(p.name(), p.layout().torch().dims());
      }
    }

    private float[] values(String name) {
      return values.getOrDefault(name, new float[0]);
    }

    /// x (C,28,28) through a kernel (O,C,h,w) whose own pixel lies at (top, left) of it.
    double[][][] conv(String name, double[][][] x, int top, int left) {
      int[] dims = shapes.getOrDefault(name + ".weight", new int[4]);
      float[] w = values(name + ".weight");
      float[] b = values(name + ".bias");
      double[][][] y = new double[dims[0]][SIDE][SIDE];
      for (int o = 0; o < dims[0]; o++) {
        for (int r = 0; r < SIDE; r++) {
          for (int c = 0; c < SIDE; c++) {
            double sum = b.length == 0 ? 0 : b[o];
            for (int i = 0; i < dims[1]; i++) {
              for (int k = 0; k < dims[2] * dims[3]; k++) {
                int row = r + k / dims[3] - top;
                int column = c + k % dims[3] - left;
                if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) {
                  sum += x[i][row][column] * w[(o * dims[1] + i) * dims[2] * dims[3] + k];
                }
              }
            }
            y[o][r][c] = sum;
          }
        }
      }
      return y;
    }

    /// Of each pixel's place and of the pixel before it; zeros where there is none.
    double[][][] embedding(int channels, float[] image) {
      float[] position = values("pos");
      float[] table = values("embed.weight");
      return each(
          channels,
          (o, r, c) -> {
            int t = r * SIDE + c;
            double place = position.length == 0 ? 0 : position[t * channels + o];
            if (table.length == 0 || t == 0) {
              return place;
            }
            int before = (int) image[t - 1];
            return place + table[before * channels + o];
          });
    }

    double[][][] norm(String name, double[][][] x) {
      float[] gain = values(name + ".weight");
      float[] bias = values(name + ".bias");
      return each(
          x.length,
          (o, r, c) -> {
            double mean = 0;
            for (double[][] channel : x) {
              mean += channel[r][c] / x.length;
            }
            double variance = 0;
            for (double[][] channel : x) {
              variance += (channel[r][c] - mean) * (channel[r][c] - mean) / x.length;
            }
            return (x[o][r][c] - mean) / Math.sqrt(variance + 1e-5) * gain[o] + bias[o];
          });
    }
  }

  private interface Element {
    double at(int channel, int row, int column);
  }

  private static double[][][] each(int channels, Element f) {
    double[][][] y = new double[channels][SIDE][SIDE];
    for (int o = 0; o < channels; o++) {
      for (int p = 0; p < SIDE * SIDE; p++) {
        y[o][p / SIDE][p % SIDE] = f.at(o, p / SIDE, p % SIDE);
      }
    }
    return y;
  }

  private static double[][][] relu(double[][][] x) {
    return each(x.length, (o, r, c) -> Math.max(0, x[o][r][c]));
  }

  private static double[][][] sum(double[][][] x, double[][][] y) {
    return each(x.length, (o, r, c) -> x[o][r][c] + y[o][r][c]);
  }

  private static double[][][] gate(double[][][] x) {
    int half = x.length / 2;
    return each(half, (o, r, c) -> Math.tanh(x[o][r][c]) / (1 + Math.exp(-x[o + half][r][c])));
  }

  @ParameterizedTest
  @CsvSource({"nd4j, false", "cpu, false", "nd4j, true", "cpu, true"})
  void areWhatPyTorchWouldComputeWithMaskedKernels(String where, boolean positions) {
    float[] image = bits(1);
    double[][][] x = each(1, (o, r, c) -> image[r * SIDE + c]);
    try (Backend backend = Backends.open(where);
        PixelCnn plain =
            new PixelCnnConfig(ImageShape.MNIST, 3, 2, 5, 0, positions).create(backend, KEY);
        GatedPixelCnn gated =
            new GatedPixelCnnConfig(ImageShape.MNIST, 3, 2, 5, false, positions)
                .create(backend, KEY)) {
      shake(backend, plain);
      shake(backend, gated);
      Plain p = new Plain(backend, plain);
      double[][][] h = sum(p.conv("net.0", x, 2, 2), p.embedding(3, image));
      h = p.conv("net.3", relu(p.norm("net.1", h)), 2, 2);
      h = p.conv("net.6", relu(p.norm("net.4", h)), 2, 2);
      h = p.conv("net.10", relu(p.conv("net.8", relu(h), 0, 0)), 0, 0);
      assertClose(backend, plain, image, h);
      Plain g = new Plain(backend, gated);
      h = sum(g.conv("first_h", x, 2, 2), g.embedding(3, image));
      double[][][] v = sum(g.conv("first_v", x, 2, 2), g.embedding(3, image));
      for (String block : new String[] {"blocks.0", "blocks.1"}) {
        double[][][] h0 = relu(h);
        double[][][] v2 = g.conv(block + ".v", relu(v), 2, 2);
        double[][][] down = each(6, (o, r, c) -> r == 0 ? 0 : v2[o][r - 1][c]);
        double[][][] h2 = sum(g.conv(block + ".h", h0, 0, 2), g.conv(block + ".vtoh", down, 0, 0));
        h = g.norm(block + ".nh", sum(h0, g.conv(block + ".htoh", gate(h2), 0, 0)));
        v = g.norm(block + ".nv", gate(v2));
      }
      assertClose(backend, gated, image, g.conv("out", h, 2, 2));
    }
  }

  /// Gains of 1 and biases of 0 would hide that one of them is missing.
  private static void shake(Backend backend, AutoregressiveModel model) {
    Tensor all = model.parameters().flat().value();
    float[] flat = backend.readFloats(all);
    float[] noise = Philox.uniforms(KEY.fold("noise"), flat.length);
    for (int k = 0; k < flat.length; k++) {
      flat[k] += 0.2f * (noise[k] - 0.5f);
    }
    backend.write(all, flat);
  }

  private static void assertClose(
      Backend backend, AutoregressiveModel model, float[] image, double[][][] want) {
    try (Scope scope = backend.open("test")) {
      Tensor pixels = scope.floats(1, 784);
      backend.write(pixels, image);
      float[] got = backend.readFloats(model.logits(new Ops(backend, scope, null), pixels));
      for (int k = 0; k < got.length; k++) {
        assertThat((double) got[k])
            .as("%s, logit %d", model.config(), k)
            .isCloseTo(want[0][k / SIDE][k % SIDE], within(2e-5));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"pixelcnn, 8", "gated-pixelcnn, 8"})
  void learnOneBatchByHeart(String name, int filters) {
    ModelConfig config =
        name.equals("pixelcnn")
            ? new PixelCnnConfig(ImageShape.MNIST, filters, 3, 7, 0, false)
            : new GatedPixelCnnConfig(ImageShape.MNIST, filters, 2, 7, false, false);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, KEY);
        TrainingStep step =
            new TrainingStep(backend, model, new Adam(backend, model.parameters()))) {
      float[] batch = stripes();
      double first = step.run(batch, 4, 1e-2f);
      double last = first;
      for (int k = 0; k < 150; k++) {
        last = step.run(batch, 4, 1e-2f);
      }
      assertThat(first).isGreaterThan(300);
      assertThat(last).isLessThan(40);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pixelcnn", "gated-pixelcnn"})
  void aStepReservesNothingAfterTheFirst(String name) {
    ModelConfig config =
        name.equals("pixelcnn")
            ? new PixelCnnConfig(ImageShape.MNIST, 8, 2, 5, 0, false)
            : new GatedPixelCnnConfig(ImageShape.MNIST, 8, 2, 5, false, false);
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = config.create(backend, KEY);
        TrainingStep step =
            new TrainingStep(backend, model, new Adam(backend, model.parameters(), 0, 1))) {
      step.run(stripes(), 4, 1e-3f);
      long reserved = backend.reservedBytes();
      for (int k = 0; k < 3; k++) {
        step.run(stripes(), 4, 1e-3f);
      }
      assertThat(backend.reservedBytes()).isEqualTo(reserved);
    }
  }

  /// Four images that a local model can tell apart by their first pixels.
  private static float[] stripes() {
    float[] images = new float[4 * 784];
    for (int k = 0; k < images.length; k++) {
      int row = k % 784 / SIDE;
      int column = k % SIDE;
      images[k] = (row + column * (k / 784)) / 2 % 3 == 0 ? 1 : 0;
    }
    return images;
  }

  @Test
  void startFromTheMeanOfAllPixels() {
    double[] means = new double[784];
    Arrays.fill(means, 0, 392, 0.5);
    try (Backend backend = Backends.open("nd4j");
        PixelCnn plain =
            new PixelCnnConfig(ImageShape.MNIST, 2, 1, 3, 0, false).create(backend, KEY);
        GatedPixelCnn gated =
            new GatedPixelCnnConfig(ImageShape.MNIST, 2, 1, 3, false, false).create(backend, KEY)) {
      plain.startFromMeans(means);
      gated.startFromMeans(means);
      float logOdds = (float) Math.log(0.25 / 0.75);
      assertThat(new Plain(backend, plain).values("net.7.bias")).containsExactly(logOdds);
      assertThat(new Plain(backend, gated).values("out.bias")).containsExactly(logOdds);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 3, --filters must be from 1 to 16384 but is 0",
    "4, 0, 3, --layers must be from 1 to 1024 but is 0",
    "4, 1, 4, --kernel must be odd and from 3 to 9 but is 4",
    "4, 1, 11, --kernel must be odd and from 3 to 9 but is 11",
    "4, 1, 1, --kernel must be odd and from 3 to 9 but is 1",
    "4, 1, -1, --kernel must be odd and from 3 to 9 but is -1",
  })
  void refuseSizesInOneLine(int filters, int layers, int kernel, String message) {
    assertThatThrownBy(
            () -> new PixelCnnConfig(ImageShape.MNIST, filters, layers, kernel, 0, false))
        .isInstanceOf(UserException.class)
        .hasMessage("pixelcnn: " + message);
    assertThatThrownBy(
            () -> new GatedPixelCnnConfig(ImageShape.MNIST, filters, layers, kernel, false, false))
        .isInstanceOf(UserException.class)
        .hasMessage("gated-pixelcnn: " + message);
  }
}
