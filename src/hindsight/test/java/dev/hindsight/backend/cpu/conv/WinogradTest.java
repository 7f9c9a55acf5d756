package dev.hindsight.backend.cpu.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cpu.CpuBackend;
import dev.hindsight.backend.cpu.conv.CpuMaskedConv2d.Layer;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.OneDnn;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.backend.cpu.product.StoredFp32;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Minimal filtering: its matrices, where it is used, and that it spreads no NaN.
class WinogradTest {
  private static final int HEIGHT = 6;
  private static final int WIDTH = 14;
  private static final int INPUTS = 64;
  private static final int OUTPUTS = 66;

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 5})
  void filtersRows(int weights) {
    Winograd form = Winograd.of(weights);
    Random random = new Random(weights);
    double[] x = random.doubles(form.inputs(), -1, 1).toArray();
    double[] w = random.doubles(weights, -1, 1).toArray();
    double[] dy = random.doubles(Winograd.OUTPUTS, -1, 1).toArray();
    double[] y = new double[Winograd.OUTPUTS];
    double[] dx = new double[form.inputs()];
    for (int value = 0; value < form.inputs(); value++) {
      double kernel = dot(form.ofWeights(value), w);
      double product = kernel * dot(form.ofInputs(value), x);
      double slope = kernel * dot(form.ofGradients(value), dy);
      for (int k = 0; k < y.length; k++) {
        y[k] += Native.get(form.toOutput(k), value) * product;
      }
      for (int k = 0; k < dx.length; k++) {
        dx[k] += Native.get(form.toInput(k), value) * slope;
      }
    }
    double[] wanted = new double[y.length];
    double[] wantedDx = new double[dx.length];
    for (int k = 0; k < y.length; k++) {
      for (int s = 0; s < weights; s++) {
        wanted[k] += w[s] * x[k + s];
        wantedDx[k + s] += w[s] * dy[k];
      }
    }
    assertThat(y).containsExactly(wanted, offset(2e-6));
    assertThat(dx).containsExactly(wantedDx, offset(2e-6));
  }

  private static double dot(long row, double[] x) {
    return IntStream.range(0, x.length).mapToDouble(k -> Native.get(row, k) * x[k]).sum();
  }

  /// 7 x 7 up to the centre: three rows above in parts of 3 and 4 taps, its own row as it is.
  @Test
  void leavesAlonePixelsThatSeeNoFurtherThanThemselves() {
    TapRuns all = TapRuns.of(Taps.upTo(7));
    WinogradLayer layer = layer(all, 28, 64, 64);
    assertThat(layer.groups()).hasSize(2);
    assertThat(layer.groups())
        .allSatisfy(
            group ->
                assertThat(group.rows().runs())
                    .extracting(TapRuns.Run::down)
                    .containsOnly(-3, -2, -1));
    assertThat(all.runs()).filteredOn(run -> layer.has(run.first())).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({"28, 63, 64", "28, 64, 63", "5, 64, 64"})
  void isNotForSmallLayers(int width, int inputs, int outputs) {
    assertThat(layer(TapRuns.of(Taps.upTo(7)), width, inputs, outputs).groups()).isEmpty();
  }

  private static WinogradLayer layer(TapRuns all, int width, int inputs, int outputs) {
    Stored stored = new StoredFp32(new OneDnn(false));
    Layer layer = new Layer(Taps.upTo(7), ElementType.FP32, 28, width, inputs, outputs);
    return WinogradLayer.of(stored, all, layer);
  }

  @ParameterizedTest
  @CsvSource({"NaN", "Infinity", "-Infinity"})
  void spreadsWhatIsNotFiniteToThoseAloneWhoSeeIt(float poison) {
    for (Taps taps :
        new Taps[] {Taps.upTo(7), Taps.above(7, true), Taps.above(5, false), Taps.upTo(9)}) {
      for (int pixel : new int[] {0, 3, WIDTH + 5, 3 * WIDTH + 13, HEIGHT * WIDTH - 1}) {
        spreads(poison, taps, pixel);
      }
    }
  }

  private static void spreads(float poison, Taps taps, int pixel) {
    try (Backend cpu = CpuBackend.open(2, Precision.FP32);
        Scope scope = cpu.open("test")) {
      Tensor x = scope.floats(1, HEIGHT, WIDTH, INPUTS);
      Tensor w = scope.floats(taps.count(), OUTPUTS, INPUTS);
      Tensor y = scope.floats(1, HEIGHT, WIDTH, OUTPUTS);
      Tensor dx = scope.floats(1, HEIGHT, WIDTH, INPUTS);
      cpu.fill(w, 0.25f);
      cpu.write(x, poisoned(INPUTS, poison, pixel));
      cpu.maskedConv2d().forward(x, w, null, taps, y);
      float[] seen = cpu.readFloats(y);
      cpu.write(y, poisoned(OUTPUTS, poison, pixel));
      cpu.fill(x, 1);
      cpu.maskedConv2d().backward(x, w, taps, y, new Gradients(new Gradient(dx, true), null, null));
      float[] told = cpu.readFloats(dx);
      for (int p = 0; p < HEIGHT * WIDTH; p++) {
        String where = "%s, %s at pixel %d, at %d".formatted(taps, poison, pixel, p);
        assertThat(Float.isFinite(seen[p * OUTPUTS + 1]))
            .as("y, " + where)
            .isEqualTo(!sees(taps, p, pixel));
        assertThat(Float.isFinite(told[p * INPUTS + 1]))
            .as("dx, " + where)
            .isEqualTo(!sees(taps, pixel, p));
      }
    }
  }

  private static float[] poisoned(int channels, float poison, int pixel) {
    float[] values = new float[HEIGHT * WIDTH * channels];
    Arrays.fill(values, 0.5f);
    values[pixel * channels + 2] = poison;
    return values;
  }

  private static boolean sees(Taps taps, int who, int whom) {
    return IntStream.of(taps.live())
        .anyMatch(
            tap ->
                who / WIDTH + taps.down(tap) == whom / WIDTH
                    && who % WIDTH + taps.right(tap) == whom % WIDTH);
  }
}
