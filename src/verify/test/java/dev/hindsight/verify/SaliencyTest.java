package dev.hindsight.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Taps;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.pixelsnail.PixelSnail;
import dev.hindsight.nn.Parameter;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import dev.hindsight.testing.BinaryPixels;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The gradients by the pixels against finite differences in double, and against the structure.
@Tag("slow")
class SaliencyTest {
  private static final ImageShape SHAPE = new ImageShape(11, 13);
  private static final int PIXELS = SHAPE.pixels();
  private static final float STEP = 1f / 4096; // a float, and so is 1 + STEP
  private static final int LOGIT = 72;
  private static final int[] LOOKED_AT = {0, 58, 59, 71, 72, 110};

  static Stream<SmallModel> models() {
    return SmallModel.all(SHAPE).stream();
  }

  private static float[] image() {
    return BinaryPixels.of(RandomKey.of(5), PIXELS, 0.3f);
  }

  @ParameterizedTest
  @MethodSource("models")
  void areWhatFiniteDifferencesSay(SmallModel small) {
    try (Backend backend = Backends.reference();
        AutoregressiveModel model = small.create(backend, RandomKey.of(3))) {
      float[] gradients = Saliency.of(backend, model, image(), 30, LOGIT).gradients();
      for (int p : LOOKED_AT) {
        double slope =
            readsATable(model)
                ? alongTheTable(backend, model, p)
                : (logit(backend, model, p, STEP) - logit(backend, model, p, -STEP)) / (2 * STEP);
        assertThat((double) gradients[PIXELS + p])
            .as("of logit %d by pixel %d of %s", LOGIT, p, small.shape())
            .isCloseTo(slope, within(2e-3 * Math.abs(slope) + 1e-6));
      }
    }
  }

  private static double logit(Backend backend, AutoregressiveModel model, int pixel, float step) {
    float[] image = image();
    image[pixel] += step;
    try (Scope scope = backend.open("test")) {
      Tensor x = scope.floats(1, PIXELS);
      backend.write(x, image);
      return backend.readDoubles(model.logits(new Ops(backend, scope, null), x))[LOGIT];
    }
  }

  /// A pixel that grows by a step moves what the next position reads by that part of the way from
  /// row 0 of the table to row 1. So does a change of that position's embedding.
  private static double alongTheTable(Backend backend, AutoregressiveModel model, int pixel) {
    List<Parameter> all = model.parameters().all();
    Parameter position = named(all, "pos");
    float[] table = backend.readFloats(named(all, "embed.weight").value());
    float[] before = backend.readFloats(position.value());
    int width = table.length / 2;
    double[] logits = new double[2];
    for (int side = 0; side < 2; side++) {
      float[] moved = before.clone();
      for (int c = 0; c < width; c++) {
        float way = table[width + c] - table[c];
        moved[(pixel + 1) * width + c] += (side == 0 ? -STEP : STEP) * way;
      }
      if (model instanceof PixelSnail net) {
        float[] w = backend.readFloats(named(all, "first.weight").value());
        alongTheTaps(Taps.before(net.config().kernel()), w, pixel, side == 0 ? -STEP : STEP, moved);
      }
      backend.write(position.value(), moved);
      logits[side] = logit(backend, model, PIXELS - 1, 0); // a pixel that moves nothing
    }
    backend.write(position.value(), before);
    return (logits[1] - logits[0]) / (2 * STEP);
  }

  /// A convolution adds to embeddings: a step of a pixel is one of those that its taps lead to.
  private static void alongTheTaps(Taps taps, float[] w, int pixel, float step, float[] moved) {
    int width = w.length / taps.count();
    int[] live = taps.live();
    for (int n = 0; n < live.length; n++) {
      int row = pixel / SHAPE.width() - taps.down(live[n]);
      int column = pixel % SHAPE.width() - taps.right(live[n]);
      if (row >= 0 && row < SHAPE.height() && column >= 0 && column < SHAPE.width()) {
        for (int c = 0; c < width; c++) {
          moved[(row * SHAPE.width() + column) * width + c] += step * w[n * width + c];
        }
      }
    }
  }

  /// Whether pixels are looked up, so that none can be 0.01.
  private static boolean readsATable(AutoregressiveModel model) {
    return model.parameters().all().stream().anyMatch(p -> p.name().equals("embed.weight"));
  }

  private static Parameter named(List<Parameter> all, String name) {
    return all.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("models")
  void areExactlyZeroWhereNothingIsSeen(SmallModel small) {
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = small.create(backend, RandomKey.of(3))) {
      Sight sight = Sight.of(model);
      int[] asked = {0, 14, 72, PIXELS - 1};
      float[] gradients = Saliency.of(backend, model, image(), asked).gradients();
      for (int row = 0; row < asked.length; row++) {
        int felt = 0;
        for (int p = 0; p < PIXELS; p++) {
          float gradient = gradients[row * PIXELS + p];
          if (!sight.sees(asked[row], p)) {
            assertThat(gradient).as("of logit %d by pixel %d", asked[row], p).isEqualTo(0f);
          } else if (gradient != 0) {
            felt++;
          }
        }
        assertThat(felt > 0 || asked[row] < LOGIT)
            .as("logit %d feels nothing", asked[row])
            .isTrue();
      }
    }
  }
}
