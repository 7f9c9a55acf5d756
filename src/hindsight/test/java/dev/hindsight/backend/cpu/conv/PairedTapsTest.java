package dev.hindsight.backend.cpu.conv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cpu.CpuBackend;
import dev.hindsight.backend.cpu.product.OneDnn;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.backend.cpu.product.StoredBf16;
import dev.hindsight.backend.cpu.product.StoredFp32;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Two taps by minimal filtering: where, in which tiles, and that a position feels those alone that
/// it sees. That results are right is for the catalogue.
class PairedTapsTest {
  private static final int INPUTS = 96;
  private static final int OUTPUTS = 98;

  @ParameterizedTest
  @CsvSource({
    "784, 1, 96, 96, true",
    "784, 256, 96, 192, true",
    "784, 256, 95, 190, false",
    "784, 256, 96, 95, false",
    "784, 392, 96, 96, false", // no position after the first of a pair
    "620, 256, 96, 96, false", // an eighth of the products would not be saved
    "129, 1, 96, 96, true",
    "128, 1, 96, 96, false", // 63 pairs
    "2000, 257, 96, 96, false", // a pair would not fit in a tile
  })
  void areForManyRowsOfManyChannels(
      int length, int dilation, int inputs, int outputs, boolean pays) {
    StoredFp32 stored = new StoredFp32(new OneDnn(false));
    assertThat(PairedTaps.pays(stored, length, dilation, inputs, outputs)).isEqualTo(pays);
    Stored halves = new StoredBf16(new OneDnn(true), null, stored);
    assertThat(PairedTaps.pays(halves, length, dilation, inputs, outputs)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 29, 64, 97, 128, 196, 197, 256})
  void tilesCoverASequenceOnceInEitherDirection(int dilation) {
    for (int length : new int[] {784, 785, 1179, 2 * dilation + 64, 3 * dilation + 70}) {
      var pairs = new PairedTaps(length, dilation);
      for (boolean back : new boolean[] {false, true}) {
        int[] covered =
            IntStream.range(0, pairs.tiles())
                .flatMap(
                    tile -> {
                      int row = pairs.row(back, tile);
                      assertThat(pairs.rows(tile)).isBetween(1, pairs.mostRows());
                      return IntStream.range(row, row + pairs.rows(tile));
                    })
                .sorted()
                .toArray();
        assertThat(covered).isEqualTo(IntStream.range(0, length).toArray());
      }
    }
  }

  /// What is infinite or NaN at a position reaches those who see it, and no bit of others changes.
  @ParameterizedTest
  @CsvSource({"NaN", "Infinity", "-Infinity", "3"})
  void tellNobodyElse(float value) {
    for (int dilation : new int[] {1, 5, 64, 150}) {
      for (int position : new int[] {0, 4, 63, 64, 200, 201, 333, 389, 390}) {
        tellsNobodyElse(value, dilation, position);
      }
    }
  }

  private static void tellsNobodyElse(float value, int dilation, int position) {
    int length = 391;
    try (Backend cpu = CpuBackend.open(2, Precision.FP32);
        Scope scope = cpu.open("test")) {
      Tensor x = scope.floats(1, length, INPUTS);
      Tensor w = scope.floats(2, OUTPUTS, INPUTS);
      Tensor y = scope.floats(1, length, OUTPUTS);
      Tensor dx = scope.floats(1, length, INPUTS);
      cpu.write(w, normals("w", 2 * OUTPUTS * INPUTS));
      double[] in = normals("x", length * INPUTS);
      double[] slopes = normals("dy", length * OUTPUTS);
      float[] seen = new float[0];
      float[] told = new float[0];
      for (boolean changed : new boolean[] {false, true}) {
        if (changed) {
          in[position * INPUTS + 2] = value;
          slopes[position * OUTPUTS + 2] = value;
        }
        float[] seenBefore = seen;
        float[] toldBefore = told;
        cpu.write(x, in);
        cpu.causalConv1d().forward(x, w, null, dilation, y);
        seen = cpu.readFloats(y);
        cpu.write(y, slopes);
        cpu.causalConv1d()
            .backward(x, w, dilation, y, new Gradients(new Gradient(dx, true), null, null));
        told = cpu.readFloats(dx);
        for (int p = 0; p < length && changed; p++) {
          String where = "%s at %d, dilation %d, at %d".formatted(value, position, dilation, p);
          boolean sees = p == position || p == position + dilation;
          boolean hears = p == position || p == position - dilation;
          check("y, " + where, sees, value, OUTPUTS, p, seenBefore, seen);
          check("dx, " + where, hears, value, INPUTS, p, toldBefore, told);
        }
      }
    }
  }

  private static void check(
      String what, boolean feels, float value, int channels, int p, float[] before, float[] now) {
    for (int k = p * channels; k < (p + 1) * channels; k++) {
      assertThat(Float.isFinite(now[k])).as(what).isEqualTo(!feels || Float.isFinite(value));
      if (!feels) {
        assertThat(now[k]).as(what).isEqualTo(before[k]);
      }
    }
  }

  private static double[] normals(String name, int count) {
    return Philox.normals(RandomKey.of(6).fold(name), count);
  }

  @Test
  void whatSeesNothingEarlierIsFreeOfTheEarlierTap() {
    int length = 300;
    int dilation = 50;
    try (Backend cpu = CpuBackend.open(1, Precision.FP32);
        Scope scope = cpu.open("test")) {
      Tensor x = scope.floats(1, length, INPUTS);
      Tensor w = scope.floats(2, OUTPUTS, INPUTS);
      Tensor y = scope.floats(1, length, OUTPUTS);
      double[] weights = normals("w", 2 * OUTPUTS * INPUTS);
      weights[3] = Float.NaN;
      cpu.write(w, weights);
      cpu.write(x, normals("x", length * INPUTS));
      cpu.causalConv1d().forward(x, w, null, dilation, y);
      float[] out = cpu.readFloats(y);
      for (int p = 0; p < length; p++) {
        assertThat(Float.isFinite(out[p * OUTPUTS])).as("at %d", p).isEqualTo(p < dilation);
      }
    }
  }
}
