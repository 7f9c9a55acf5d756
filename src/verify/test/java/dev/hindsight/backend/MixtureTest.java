package dev.hindsight.backend;

import static dev.hindsight.testing.Tensors.ints;
import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A mixture of logistics is a distribution, whatever its parameters are, and is drawn from as it
/// says.
class MixtureTest {
  private static final RandomKey KEY = RandomKey.of(11);
  @AutoClose private static final Backend REFERENCE = Backends.reference();
  @AutoClose private static final Backend CPU = Backends.open("cpu");
  @AutoClose private static final Backend GPU = Backends.openSoftwareGpu();

  static Stream<Backend> backends() {
    return Stream.of(REFERENCE, CPU, GPU);
  }

  /// The probability of every combination of levels of a pixel's channels, the last channel
  /// fastest.
  private static double[] probabilities(Backend backend, Mixture mixture, float[] outputs) {
    int all = (int) Math.pow(mixture.levels(), mixture.channels());
    float[] target = new float[all * mixture.channels()];
    for (int k = 0; k < all; k++) {
      int rest = k;
      for (int c = mixture.channels() - 1; c >= 0; c--) {
        target[k * mixture.channels() + c] = rest % mixture.levels();
        rest /= mixture.levels();
      }
    }
    float[] same = new float[all * outputs.length];
    for (int k = 0; k < same.length; k++) {
      same[k] = outputs[k % outputs.length];
    }
    try (Scope scope = backend.open("mixture")) {
      Tensor nll = scope.floats(all);
      Tensor logits = tensor(backend, scope, same, all, 1, outputs.length);
      Tensor levels = tensor(backend, scope, target, all, mixture.channels());
      backend.logisticMixture().forward(logits, levels, mixture, nll);
      return Arrays.stream(backend.readDoubles(nll)).map(loss -> Math.exp(-loss)).toArray();
    }
  }

  private static float[] outputs(Mixture mixture, String name, double std) {
    double[] normals = Philox.normals(KEY.fold(name), mixture.outputs());
    float[] outputs = new float[mixture.outputs()];
    for (int k = 0; k < outputs.length; k++) {
      outputs[k] = (float) (std * normals[k]);
    }
    return outputs;
  }

  private static void sumToOne(Backend backend, Mixture mixture, float[] outputs) {
    assertThat(Arrays.stream(probabilities(backend, mixture, outputs)).sum())
        .as("%s of %s", mixture, Arrays.toString(outputs))
        .isCloseTo(1, within(1e-5));
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void probabilitiesSumToOne(Backend backend) {
    List<Mixture> mixtures =
        List.of(
            new Mixture(1, 1, 2),
            new Mixture(5, 1, 3),
            new Mixture(10, 1, 256),
            new Mixture(10, 3, 3),
            new Mixture(2, 4, 2));
    for (Mixture mixture : mixtures) {
      for (double std : new double[] {0.5, 3, 30}) {
        sumToOne(backend, mixture, outputs(mixture, "a " + std, std));
        sumToOne(backend, mixture, outputs(mixture, "b " + std, std));
      }
    }
  }

  /// One component whose scale is held, just not, ordinary, wide and without end, around means
  /// within, at both ends and beyond.
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void soTheyDoAtTheExtremes(Backend backend) {
    for (int levels : new int[] {2, 3, 17, 256}) {
      for (float logScale : new float[] {-90, -7.5f, -6.9f, -3, 0, 12, 60, 120}) {
        for (float mean : new float[] {-1000, -1, -0.9f, 0.004f, 1, 1.1f, 30}) {
          sumToOne(backend, new Mixture(1, 1, levels), new float[] {300, mean, logScale});
        }
      }
    }
  }

  /// The reference says what the others must draw, by the catalogue; here by what it loses.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void drawsFollowTheProbabilities(int channels) {
    Mixture mixture = new Mixture(4, channels, 3);
    int images = 40;
    float[] outputs = outputs(mixture, "draw", 1);
    float[] drawn = draw(REFERENCE, mixture, outputs, 0, images, channels);
    double[] probabilities = probabilities(REFERENCE, mixture, outputs);
    for (int n = 0; n < images; n++) {
      int from = 0; // of the combinations that begin with the levels so far
      int count = probabilities.length;
      for (int c = 0; c < channels; c++) {
        int at = n * 3 * channels + c; // its first pixel
        float u = Philox.uniform(KEY, at, new int[4]);
        int level = (int) drawn[at];
        count /= 3;
        double below = sum(probabilities, from, level * count);
        double upTo = below + sum(probabilities, from + level * count, count);
        double all = sum(probabilities, from, 3 * count);
        assertThat((double) u).isBetween(below / all - 1e-6, upTo / all + 1e-6);
        from += level * count;
      }
    }
    assertThat(drawn).contains(0, 1, 2);
  }

  private static double sum(double[] values, int from, int count) {
    return Arrays.stream(values, from, from + count).sum();
  }

  /// Pixels of images that all have the same outputs.
  ///
  /// @param first number of the first image
  /// @param each values a call
  private static float[] draw(
      Backend backend, Mixture mixture, float[] outputs, long first, int images, int each) {
    int pixels = 3;
    int values = pixels * mixture.channels();
    float[] same = new float[images * pixels * outputs.length];
    for (int k = 0; k < same.length; k++) {
      same[k] = outputs[k % outputs.length];
    }
    try (Scope scope = backend.open("draw")) {
      Tensor logits = tensor(backend, scope, same, images, pixels * outputs.length);
      Tensor draw = ints(backend, scope, new Draw(KEY, first).words());
      Tensor levels = scope.zeros(images, values);
      for (int from = 0; from < values; from += each) {
        int to = Math.min(values, from + each);
        backend.logisticMixture().draw(draw, logits, 1, mixture, from, to, levels);
      }
      return backend.readFloats(levels);
    }
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("backends")
  void valuesMayBeDividedAmongCallsAndBatches(Backend backend) {
    Mixture mixture = new Mixture(4, 3, 17);
    float[] outputs = outputs(mixture, "divided", 1);
    float[] whole = draw(backend, mixture, outputs, 0, 9, 9);
    for (int each : new int[] {1, 2, 5}) {
      assertThat(draw(backend, mixture, outputs, 0, 9, each)).isEqualTo(whole);
    }
    assertThat(draw(backend, mixture, outputs, 4, 5, 9))
        .isEqualTo(Arrays.copyOfRange(whole, 4 * 9, 9 * 9));
  }

  @Test
  void hasAPlaceForEachOutput() {
    Mixture mixture = new Mixture(10, 3, 256);
    assertThat(mixture.outputs()).isEqualTo(100);
    assertThat(List.of(mixture.mean(0), mixture.mean(2), mixture.logScale(0)))
        .containsExactly(10, 30, 40);
    assertThat(
            List.of(
                mixture.coefficient(1, 0), mixture.coefficient(2, 0), mixture.coefficient(2, 1)))
        .containsExactly(70, 80, 90);
    assertThat(new Mixture(10, 1, 256).outputs()).isEqualTo(30);
    assertThatThrownBy(() -> new Mixture(10, 5, 257)).hasMessageContaining("10, 5 and 257");
  }
}
