package dev.hindsight.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.Head.Group;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadTest {
  private static final RandomKey KEY = RandomKey.of(31);

  /// What people are shown of a pixel is what the loss says, whatever the outputs are.
  @ParameterizedTest
  @CsvSource({
    "1, 2, bernoulli, 1",
    "3, 2, bernoulli, 9",
    "1, 5, categorical, 3",
    "3, 16, categorical, 3",
    "1, 256, logistic-mixture, 1",
    "3, 4, logistic-mixture:3, 1",
    "3, 256, logistic-mixture:5, 3"
  })
  void probabilitiesAreThoseOfTheLoss(int channels, int levels, String name, float spread) {
    Head head = Head.parse(name);
    var group = new Group(levels, channels);
    double[] normals = Philox.normals(KEY.fold(name), head.outputs(group));
    float[] outputs = new float[normals.length];
    for (int k = 0; k < outputs.length; k++) {
      outputs[k] = spread * (float) normals[k];
    }
    int[] pixel = new int[channels];
    double nats = 0;
    for (int c = 0; c < channels; c++) {
      pixel[c] = (c * 7 + 3) % levels;
      Head.Range range = head.range(group, c);
      float[] own = Arrays.copyOfRange(outputs, range.from(), range.from() + range.count());
      double[] p = head.probabilities(group, own, Arrays.copyOf(pixel, c));
      assertThat(p).hasSize(levels);
      assertThat(Arrays.stream(p).sum()).isCloseTo(1, within(1e-12));
      nats -= Math.log(p[pixel[c]]);
    }
    assertThat(nats).isCloseTo(loss(head, group, outputs, pixel), within(1e-4 * (1 + nats)));
  }

  private static double loss(Head head, Group group, float[] outputs, int[] pixel) {
    try (Backend backend = Backends.reference();
        Scope scope = backend.open("head")) {
      Tensor x = scope.floats(1, pixel.length);
      Tensor y = scope.floats(1, outputs.length);
      float[] values = new float[pixel.length];
      for (int c = 0; c < pixel.length; c++) {
        values[c] = pixel[c];
      }
      backend.write(x, values);
      backend.write(y, outputs);
      return backend.readDoubles(head.nll(new Ops(backend, scope, null), group, y, x))[0];
    }
  }

  /// Training starts from what the images are made of.
  @ParameterizedTest
  @CsvSource({"bernoulli, 2, 0.002", "categorical, 4, 0.002", "logistic-mixture:4, 256, 0.03"})
  void aBiasBeginsWithWhatOccurs(String name, int levels, double off) {
    Head head = Head.parse(name);
    var group = new Group(levels, 3);
    double[][] occurs = new double[3][levels];
    for (int c = 0; c < 3; c++) {
      occurs[c][0] = 0.75;
      occurs[c][levels - 1] = 0.25;
    }
    float[] bias = head.bias(group, occurs);
    assertThat(bias).hasSize(head.outputs(group));
    int alone = head.byChannel() ? 3 : 1; // a component has all channels of a pixel
    for (int c = 0; c < alone; c++) {
      Head.Range range = head.range(group, c);
      float[] own = Arrays.copyOfRange(bias, range.from(), range.from() + range.count());
      double[] p = head.probabilities(group, own, new int[c]);
      assertThat(p).containsExactly(occurs[c], within(off));
    }
  }

  /// Outputs that say nothing make every level equally likely: log2(levels) bits, each head.
  @ParameterizedTest
  @CsvSource({"bernoulli, 2", "categorical, 4", "categorical, 256"})
  void withoutOutputsEachLevelIsAsLikely(String name, int levels) {
    Head head = Head.parse(name);
    var group = new Group(levels, 3);
    var shape = new ImageShape(1, 2, 3, levels);
    double nats = 2 * loss(head, group, new float[head.outputs(group)], new int[] {0, 1, 1});
    assertThat(shape.bitsPerDim(nats)).isEqualTo(Math.log(levels) / Math.log(2), within(1e-9));
  }

  @Test
  void theUsualOneFollowsFromTheLevels() {
    assertThat(Head.of(ImageShape.MNIST)).isEqualTo(new BernoulliHead());
    assertThat(Head.of(ImageShape.MNIST.withLevels(16))).isEqualTo(new CategoricalHead());
    assertThat(Head.of(ImageShape.MNIST.withLevels(32))).isEqualTo(new LogisticMixtureHead(10));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bernoulli", "categorical", "logistic-mixture:5"})
  void isParsedFromWhatDescribesIt(String words) {
    assertThat(Head.parse(words).describe()).isEqualTo(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "softmax", "bernoulli:2", "logistic-mixture:", "logistic-mixture:x"})
  void refusesOthers(String words) {
    assertThatThrownBy(() -> Head.parse(words))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "--head is '%s'; choose bernoulli, categorical, or logistic-mixture[:K] with K components"
                .formatted(words));
  }

  @Test
  void refusesLevelsThatItDoesNotKnowAndComponentsThatCannotBe() {
    assertThatThrownBy(() -> new BernoulliHead().requireFit(ImageShape.MNIST.withLevels(4)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "--head bernoulli is for 2 levels, but the images are of 4; choose categorical or logistic-mixture");
    assertThatThrownBy(() -> Head.parse("logistic-mixture:0"))
        .isInstanceOf(UserException.class)
        .hasMessage("--head logistic-mixture:K: K, its components, must be 1 to 256 but is 0");
  }
}
