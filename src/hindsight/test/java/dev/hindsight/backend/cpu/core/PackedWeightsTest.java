package dev.hindsight.backend.cpu.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.PackedWeights;
import dev.hindsight.backend.cpu.product.PlainWeights;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products by packed weights of bf16 against sums in double, from weights that lie either way.
@EnabledIf("dev.hindsight.testing.CpuInBf16#isThere")
class PackedWeightsTest {
  private static final int WORKERS = 2;
  private static final int PAD = 3; // numbers between rows

  @AutoClose private static final Engine ENGINE = Engine.open(WORKERS, Precision.BF16);

  /// A matrix of bf16, rows `pitch` numbers apart.
  private record Matrix(int rows, int columns, int pitch, MemorySegment data) {
    static Matrix random(Arena arena, String name, int rows, int columns) {
      int pitch = columns + PAD;
      MemorySegment data = arena.allocate(2L * rows * pitch, 64);
      float[] values = Philox.uniforms(RandomKey.of(3).fold(name), rows * pitch);
      for (int k = 0; k < values.length; k++) {
        float value = k % pitch < columns ? 2 * values[k] - 1 : Float.NaN;
        data.setAtIndex(ValueLayout.JAVA_SHORT, k, ElementType.toBf16(value));
      }
      return new Matrix(rows, columns, pitch, data);
    }

    float get(int row, int column) {
      return ElementType.ofBf16(
          data.getAtIndex(ValueLayout.JAVA_SHORT, (long) row * pitch + column));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "64, 1024, 256",
    "64, 512, 128",
    "3, 1024, 256",
    "1, 64, 256",
    "37, 96, 64",
    "64, 100, 128",
    "13, 128, 36",
    "7, 33, 20"
  })
  void multiply(int rows, int depth, int columns) {
    PackedWeights weights = ENGINE.bf16().packed(depth, columns);
    boolean whole = depth % 32 == 0 && columns % 64 == 0;
    if (whole) {
      assertThat(weights).isNotInstanceOf(PlainWeights.class);
    }
    try (Arena arena = Arena.ofConfined()) {
      Matrix x = Matrix.random(arena, "x", rows, depth);
      Matrix w = Matrix.random(arena, "w", depth, columns);
      Matrix turned = Matrix.random(arena, "wt", columns, depth);
      check(arena, weights, x, w, false);
      check(arena, weights, x, turned, true);
    }
  }

  private static void check(
      Arena arena, PackedWeights weights, Matrix x, Matrix w, boolean turned) {
    int columns = turned ? w.rows : w.columns;
    int count = x.rows * columns;
    MemorySegment packed = arena.allocate(2L * x.columns * columns, 64);
    weights.copy(turned, w.pitch).run(0, w.data.address(), packed.address());
    PackedWeights.Product product = weights.product(x.rows, x.pitch);
    float[][] sums = new float[WORKERS][];
    for (int worker = 0; worker < WORKERS; worker++) {
      MemorySegment sum = arena.allocate(4L * count, 64);
      for (int k = 0; k < count; k++) {
        sum.setAtIndex(ValueLayout.JAVA_FLOAT, k, k % 5);
      }
      product.run(worker, x.data.address(), packed.address(), sum.address());
      sums[worker] = sum.toArray(ValueLayout.JAVA_FLOAT);
    }
    assertThat(sums[1]).as("another worker").containsExactly(sums[0]);
    double tolerance = 1e-6 * x.columns;
    for (int k = 0; k < count; k++) {
      double expected = k % 5;
      for (int i = 0; i < x.columns; i++) {
        float weight = turned ? w.get(k % columns, i) : w.get(i, k % columns);
        expected += (double) x.get(k / columns, i) * weight;
      }
      assertThat((double) sums[0][k])
          .as("row %d, column %d%s", k / columns, k % columns, turned ? ", turned" : "")
          .isCloseTo(expected, within(tolerance));
    }
  }
}
