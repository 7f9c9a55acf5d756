package dev.hindsight.model.made;

import static dev.hindsight.image.ImageShape.MNIST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Degrees;
import dev.hindsight.error.UserException;
import dev.hindsight.nn.Initialization;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.random.RandomKey;
import dev.hindsight.testing.BinaryPixels;
import dev.hindsight.train.Adam;
import dev.hindsight.train.TrainingStep;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class MadeTest {
  /// As a config may list them: 60,000 units below 60,000 are more weights than an int counts.
  @Test
  void degreesOfMoreUnitsThanFitAreRefused() {
    List<Integer> many = Collections.nCopies(60_000, 1);
    var config = new MadeConfig(MNIST, List.of(many, many), Initialization.TORCH);
    assertThatThrownBy(config::parameters)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("more than 268 million parameters");
  }

  private static final RandomKey KEY = RandomKey.of(11);

  private static float[] bits(int images) {
    return BinaryPixels.of(KEY.fold("bits"), images * 784, 0.2f);
  }

  @Test
  void maskedWeightsStayExactlyZeroAndTheOthersMove() {
    MadeConfig config = MadeConfig.random(MNIST, 23, 2, KEY);
    try (Backend backend = Backends.open("nd4j");
        Made made = config.create(backend, KEY)) {
      float[] before = backend.readFloats(made.layers().getFirst().weight().value());
      TrainingStep step =
          new TrainingStep(backend, made, new Adam(backend, made.parameters(), 0.1f, 0));
      for (int k = 0; k < 3; k++) {
        step.run(bits(8), 8, 1e-2f);
      }
      for (MaskedLinear layer : made.layers()) {
        Degrees d = layer.degrees();
        float[] w = backend.readFloats(layer.weight().value());
        for (int o = 0; o < d.outputs(); o++) {
          for (int i = d.live(o); i < d.inputs(); i++) {
            assertThat(Float.floatToIntBits(w[o * d.inputs() + i])).isZero();
          }
        }
      }
      assertThat(backend.readFloats(made.layers().getFirst().weight().value()))
          .isNotEqualTo(before);
    }
  }

  @Test
  void degreesSpreadByInformationSkipPixelsThatNeverChange() {
    double[] means = new double[784];
    Arrays.fill(means, 300, 400, 0.5);
    List<Integer> degrees =
        MadeConfig.spreadByInformation(MNIST, 100, 1, means).hiddenDegrees().getFirst();
    long inside = degrees.stream().filter(d -> d > 300 && d <= 400).count();
    assertThat(inside).isGreaterThan(85); // the clipped entropy of 683 dull pixels is 7 % of it
    assertThat(degrees).isSorted();
  }

  @Test
  void refusesDegreesThatDoNotAscendOrLeaveTheImage() {
    for (List<Integer> wrong : List.of(List.of(2, 1), List.of(0, 1), List.of(1, 784))) {
      assertThatThrownBy(() -> new MadeConfig(MNIST, List.of(wrong), Initialization.TORCH))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must ascend within 1 to 783");
    }
  }
}
