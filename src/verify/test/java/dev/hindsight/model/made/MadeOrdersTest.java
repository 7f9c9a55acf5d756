package dev.hindsight.model.made;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.testing.BinaryPixels;
import dev.hindsight.testing.CpuInBf16;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A MADE that is trained in several orders of the pixels.
@Tag("slow")
class MadeOrdersTest {
  private static final RandomKey KEY = RandomKey.of(11);
  private static final MadeConfig CONFIG =
      MadeConfig.random(ImageShape.MNIST, 37, 2, KEY).withOrders(3, 5);

  private static final ImageShape TRAINED = new ImageShape(13, 11);

  private static float[] bits(int images, ImageShape shape) {
    return BinaryPixels.of(KEY.fold("bits"), images * shape.pixels(), 0.2f);
  }

  private static Made turned(Backend backend, MadeConfig config, int order) {
    Made made = config.create(backend, KEY);
    made.turnTo(made.order(order));
    return made;
  }

  /// Straight from the paper: degrees belong to pixels and units, and a mask follows from them.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void logitsEqualMultiplyingEveryWeightByTheMaskOfTheOrder(int order) {
    try (Backend backend = Backends.reference();
        Made made = turned(backend, CONFIG, order);
        Scope scope = backend.open("test")) {
      Tensor x = scope.floats(3, 784);
      backend.write(x, bits(3, ImageShape.MNIST));
      double[] got = backend.readDoubles(made.logits(new Ops(backend, scope, null), x));
      double[] h = backend.readDoubles(x);
      int[] ofPixels =
          IntStream.of(CONFIG.order(order).places(1)).map(place -> place + 1).toArray();
      int[] below = ofPixels;
      for (int l = 0; l < 3; l++) {
        int[] above = l == 2 ? ofPixels : unitDegrees(order, l);
        h = plainly(backend, made.layers().get(l), h, below, above, l == 2);
        below = above;
      }
      for (int k = 0; k < got.length; k++) {
        assertThat(got[k]).as("logit %d", k).isCloseTo(h[k], within(1e-9));
      }
    }
  }

  /// Of each unit, in no order.
  private static int[] unitDegrees(int order, int layer) {
    int[] units = CONFIG.units(order, layer);
    int[] degrees = new int[units.length];
    for (int place = 0; place < units.length; place++) {
      degrees[units[place]] = CONFIG.hiddenDegrees().get(layer).get(place);
    }
    return degrees;
  }

  private static double[] plainly(
      Backend backend, MaskedLinear layer, double[] x, int[] in, int[] out, boolean last) {
    double[] w = backend.readDoubles(layer.weight().value());
    double[] b = backend.readDoubles(layer.bias().value());
    int rows = x.length / in.length;
    double[] y = new double[rows * out.length];
    for (int n = 0; n < rows; n++) {
      for (int o = 0; o < out.length; o++) {
        double sum = b[o];
        for (int i = 0; i < in.length; i++) {
          boolean exists = last ? out[o] > in[i] : out[o] >= in[i];
          sum += exists ? x[n * in.length + i] * w[o * in.length + i] : 0;
        }
        y[n * out.length + o] = last ? sum : Math.max(0, sum);
      }
    }
    return y;
  }

  @Test
  void ordersAndMasksDifferAndTheFirstIsRasterOrder() {
    assertThat(CONFIG.order(0).isRaster()).isTrue();
    assertThat(CONFIG.units(0, 1)).isSorted();
    for (int k = 1; k < 4; k++) {
      assertThat(CONFIG.order(k).pixels(1))
          .doesNotHaveDuplicates()
          .isNotEqualTo(CONFIG.order(k - 1).pixels(1));
      assertThat(CONFIG.units(k, 0)).doesNotHaveDuplicates().isNotEqualTo(CONFIG.units(k, 1));
      assertThat(CONFIG.order(k).pixels(1))
          .isNotEqualTo(CONFIG.withOrders(3, 6).order(k).pixels(1));
    }
  }

  /// The degrees, the fan-in and so the first weights of one order are not those of several.
  @Test
  void oneOrderIsTheModelOfBefore() {
    MadeConfig one = MadeConfig.random(ImageShape.MNIST, 37, 2, KEY);
    assertThat(CONFIG.withOrders(1, 9)).isEqualTo(one);
    assertThat(one.order(0)).isEqualTo(PixelOrder.raster(ImageShape.MNIST));
    try (Backend backend = Backends.open("nd4j");
        Made made = one.create(backend, KEY)) {
      assertThatThrownBy(() -> made.order(1)).hasMessageContaining("in raster order, 0, alone");
      assertThatThrownBy(() -> made.turnTo(CONFIG.order(1))).hasMessageContaining("raster order");
    }
    assertThatThrownBy(() -> one.withOrders(0, 0))
        .isInstanceOf(UserException.class)
        .hasMessage("made: --orders must be at least 1 but is 0");
  }

  /// Losses and weights of some steps, one in each order and one more.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Trained(double[] losses, float[] weights) {
    static Trained on(Backend opened, boolean graph) {
      try (Backend backend = opened;
          Made made = MadeConfig.random(TRAINED, 19, 2, KEY).withOrders(3, 5).create(backend, KEY);
          TrainingStep step =
              new TrainingStep(backend, made, new Adam(backend, made.parameters()), graph)) {
        double[] losses = new double[7];
        for (int k = 0; k < losses.length; k++) {
          losses[k] = step.run(bits(5, TRAINED), 5, 1e-3f);
        }
        return new Trained(losses, backend.readFloats(made.parameters().flat().value()));
      }
    }

    void isCloseTo(Trained other, double percent) {
      for (int k = 0; k < losses.length; k++) {
        assertThat(losses[k])
            .as("loss of step %d", k)
            .isCloseTo(other.losses[k], Percentage.withPercentage(percent));
      }
      double apart = 0;
      for (int k = 0; k < weights.length; k++) {
        apart += Math.abs(weights[k] - other.weights[k]) / weights.length;
      }
      assertThat(apart).as("mean difference of weights").isLessThan(percent * 1e-3);
    }
  }

  @Test
  void stepsAreTheSameOnEveryBackend() {
    Trained reference = Trained.on(Backends.open("nd4j"), false);
    Trained.on(Backends.open("cpu"), false).isCloseTo(reference, 1e-3);
    Trained.on(Backends.openSoftwareGpu(), false).isCloseTo(reference, 1e-3);
    Trained.on(CpuInBf16.open(), false).isCloseTo(reference, 1);
  }

  /// Else a replayed step would stay in the order in which it was recorded.
  @Test
  void aRecordedStepGoesFromOrderToOrder() {
    Trained plain = Trained.on(Backends.openSoftwareGpu(), false);
    Trained recorded = Trained.on(Backends.openSoftwareGpu(), true);
    assertThat(recorded.losses).isEqualTo(plain.losses);
    assertThat(recorded.weights).isEqualTo(plain.weights);
  }

  /// In one order only half of them exist; some units are asleep whatever the order.
  @Test
  void everyWeightIsLearntInSomeOrder() {
    MadeConfig config = MadeConfig.spreadEvenly(ImageShape.MNIST, 783, 1).withOrders(12, 5);
    try (Backend backend = Backends.open("cpu");
        Made made = config.create(backend, KEY)) {
      List<float[]> before = weights(backend, made);
      TrainingStep step = new TrainingStep(backend, made, new Adam(backend, made.parameters()));
      float[] ones = new float[784]; // so that every weight that exists has a gradient
      Arrays.fill(ones, 1);
      for (int k = 0; k < 12; k++) {
        step.run(ones, 1, 1e-3f);
      }
      List<float[]> after = weights(backend, made);
      for (int l = 0; l < 2; l++) {
        int moved = 0;
        for (int k = 0; k < before.get(l).length; k++) {
          moved += before.get(l)[k] == after.get(l)[k] ? 0 : 1;
        }
        assertThat(moved).isGreaterThan((int) (0.7 * before.get(l).length));
      }
    }
  }

  private static List<float[]> weights(Backend backend, Made made) {
    List<float[]> all = new ArrayList<>();
    for (Parameter p : made.parameters().all()) {
      if (p.isMatrix()) {
        all.add(backend.readFloats(p.value()));
      }
    }
    return all;
  }
}
