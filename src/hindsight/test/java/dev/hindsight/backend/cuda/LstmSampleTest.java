package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Draw;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The kernel that draws whole images of an LSTM, on the software GPU, against the equations.
@Tag("slow")
class LstmSampleTest {
  private static final RandomKey KEY = RandomKey.of(7);
  private static final Draw DRAW = new Draw(KEY, 3);
  private static final float TEMPERATURE = 0.8f;
  private static final int SIDE = 4;

  @AfterEach
  void nothingWasFound() {
    SoftwareGpu.assertNoFindings();
  }

  private static float[] numbers(String name, int count) {
    float[] values = Philox.uniforms(KEY.fold(name), count);
    for (int k = 0; k < count; k++) {
      values[k] = 2 * values[k] - 1;
    }
    return values;
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Weights(int hidden, float[] wx, float[] bx, float[] wh, float[] bh, float[] head) {
    static Weights of(int hidden) {
      return new Weights(
          hidden,
          numbers("wx", 4 * hidden * 3),
          numbers("bx", 4 * hidden),
          numbers("wh", 4 * hidden * hidden),
          numbers("bh", 4 * hidden),
          numbers("head", hidden));
    }

    LstmLoop upload(Backend gpu, Scope scope) {
      return new LstmLoop(
          upload(gpu, scope, wx, 4 * hidden, 3),
          upload(gpu, scope, bx, 4 * hidden),
          upload(gpu, scope, wh, 4 * hidden, hidden),
          upload(gpu, scope, bh, 4 * hidden),
          upload(gpu, scope, head, 1, hidden),
          upload(gpu, scope, new float[] {0.25f}, 1),
          SIDE);
    }

    private static Tensor upload(Backend gpu, Scope scope, float[] values, int... dims) {
      return Guarded.of(gpu, scope, Shape.of(dims), values).inner();
    }

    /// Logits of one image, in double.
    double[] logits(float[] image) {
      double[] h = new double[hidden];
      double[] c = new double[hidden];
      double[] logits = new double[image.length];
      int height = image.length / SIDE;
      for (int t = 0; t < image.length; t++) {
        double[] x = new double[3];
        if (t > 0) {
          x[0] = image[t - 1];
          int row = (t - 1) / SIDE;
          x[1] = (double) row / Math.max(height - 1, 1);
          x[2] = (double) ((t - 1) % SIDE) / (SIDE - 1);
        }
        double[] gates = new double[4 * hidden];
        for (int g = 0; g < gates.length; g++) {
          gates[g] = bx[g] + bh[g];
          for (int i = 0; i < 3; i++) {
            gates[g] += wx[g * 3 + i] * x[i];
          }
          for (int k = 0; k < hidden; k++) {
            gates[g] += wh[g * hidden + k] * h[k];
          }
        }
        logits[t] = 0.25;
        for (int u = 0; u < hidden; u++) {
          double forget = sigmoid(gates[hidden + u]) * c[u];
          c[u] = forget + sigmoid(gates[u]) * Math.tanh(gates[2 * hidden + u]);
          h[u] = sigmoid(gates[3 * hidden + u]) * Math.tanh(c[u]);
          logits[t] += head[u] * h[u];
        }
      }
      return logits;
    }
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /// One block and several, units and rows that fill no tile, more rows than a tile, K of two
  /// stages.
  @ParameterizedTest
  @CsvSource({
    "9, 3, 12, 5",
    "60, 2, 12, 0",
    "5, 65, 8, 0",
    "8, 1, 12, 12",
    "1, 2, 12, 1",
    "64, 1, 8, 0"
  })
  void drawsWhatTheEquationsSay(int hidden, int count, int length, int from) {
    try (Backend gpu = SoftwareGpu.open(1)) {
      assertDraws(gpu, hidden, count, length, from);
    }
  }

  /// Too little shared memory for 8 units a block: of 10, three of the three stages of weights lie
  /// in registers, or two.
  @ParameterizedTest
  @ValueSource(ints = {31_000, 41_000})
  void weightsInRegistersDrawWhatTheEquationsSay(int sharedBytes) {
    InstalledDriver.install(Options.standard().withMultiprocessors(13).withCounters(true));
    try (Backend gpu = open(sharedBytes)) {
      Backends.takeCounts();
      assertDraws(gpu, 130, 3, 8, 2);
      assertThat(Backends.takeCounts())
          .extracting(KernelCounts::kernel)
          .containsExactly("lstm_sample_10");
    }
  }

  private static CudaBackend open(int sharedBytes) {
    return CudaBackend.open(
        CudaOptions.standard().withDriverAlreadyLoaded().withSharedBytes(sharedBytes));
  }

  private static void assertDraws(Backend gpu, int hidden, int count, int length, int from) {
    try (Scope scope = gpu.open("test")) {
      assertThat(gpu.sampling().drawsLstm(hidden)).isTrue();
      Weights weights = Weights.of(hidden);
      float[] known = numbers("known", count * length);
      for (int k = 0; k < known.length; k++) {
        known[k] = k % length >= from ? Float.NaN : known[k] < 0 ? 1 : 0;
      }
      float[] nothing = new float[known.length];
      Arrays.fill(nothing, Float.NaN);
      Shape shape = Shape.of(count, length);
      Guarded pixels = Guarded.of(gpu, scope, shape, known);
      Guarded logits = Guarded.of(gpu, scope, shape, nothing);
      Guarded state =
          Guarded.of(gpu, scope, Shape.of(3, count, hidden), new float[3 * count * hidden]);
      Tensor draw = Guarded.of(gpu, scope, Shape.of(Draw.SIZE), DRAW.pieces()).inner();
      gpu.sampling()
          .lstm(
              weights.upload(gpu, scope),
              state.inner(),
              new WholeImages(draw, TEMPERATURE, from, pixels.inner(), logits.inner()));
      state.read();
      assertRight(weights, known, pixels.read(), logits.read(), length, from);
    }
  }

  private static void assertRight(
      Weights weights, float[] known, float[] images, float[] got, int length, int from) {
    int[] block = new int[4];
    int white = 0;
    for (int n = 0; n < images.length / length; n++) {
      double[] want = weights.logits(Arrays.copyOfRange(images, n * length, (n + 1) * length));
      for (int t = 0; t < length; t++) {
        int k = n * length + t;
        assertThat(Math.abs(got[k] - want[t]))
            .as("logit %d: kernel %s, equations %s", k, got[k], want[t])
            .isLessThanOrEqualTo(1e-5 * (1 + Math.abs(want[t])));
        double p = sigmoid(got[k] / (double) TEMPERATURE);
        double u = Philox.uniform(KEY, DRAW.first() * length + k, block);
        if (t < from) {
          assertThat(images[k]).as("given pixel %d", k).isEqualTo(known[k]);
        } else if (Math.abs(u - p) > 1e-6) {
          assertThat(images[k]).as("pixel %d", k).isEqualTo(u < p ? 1 : 0);
        }
        white += images[k] == 1 ? 1 : 0;
      }
    }
    assertThat(white).isBetween(1, images.length - 1);
  }

  @Test
  void weightsThatDoNotFitOnTheChipAreLeftToTheLoop() {
    try (Backend gpu = SoftwareGpu.open(1)) {
      assertThat(gpu.sampling().drawsLstm(64)).isTrue();
      assertThat(gpu.sampling().drawsLstm(4096)).isFalse();
    }
    try (Backend gpu = open(0)) {
      assertThat(gpu.sampling().drawsLstm(8)).isFalse();
    }
  }
}
