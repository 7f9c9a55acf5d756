package dev.hindsight.backend.cpu.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products of bf16 against sums in double, of matrices that lie either way. Between their rows is
/// NaN, which no product may read, and no product writes there.
@EnabledIf("dev.hindsight.testing.CpuInBf16#isThere")
class Bf16ProductsTest {
  private static final int THREADS = 2;
  private static final int PAD = 3; // numbers between rows

  @AutoClose private static final Engine ENGINE = Engine.open(THREADS, Precision.BF16);

  @ParameterizedTest
  @CsvSource({
    "3, 31, 5",
    "31, 31, 16",
    "1, 32, 1",
    "37, 64, 19",
    "56, 33, 16",
    "112, 112, 32",
    "17, 2, 7",
    "16, 1, 33",
    "131, 519, 131",
    "670, 98, 131",
    "113, 96, 97",
    "517, 128, 131"
  })
  void multiply(int rows, int depth, int columns) {
    try (Arena arena = Arena.ofConfined()) {
      for (int ways = 0; ways < 8; ways++) {
        Matrix a = random(arena, "a", rows, depth, (ways & 1) != 0);
        Matrix b = random(arena, "b", depth, columns, (ways & 2) != 0);
        check(arena, a, b, (ways & 4) != 0);
      }
    }
  }

  /// A matrix of bf16, or the transpose of one that lies there.
  private static Matrix random(
      Arena arena, String name, int rows, int columns, boolean transposed) {
    if (transposed) {
      return random(arena, name, columns, rows, false).transpose();
    }
    Matrix m = room(arena, ENGINE.bf16(), rows, columns);
    float[] values = Philox.uniforms(RandomKey.of(4).fold(name), rows * columns);
    for (int k = 0; k < values.length; k++) {
      m.stored().put(m.at(k / columns, k % columns), 2 * values[k] - 1);
    }
    return m;
  }

  /// A matrix full of NaN, as what lies between its rows.
  private static Matrix room(Arena arena, Stored stored, int rows, int columns) {
    int pitch = columns + PAD;
    long address = arena.allocate((long) stored.bytes() * rows * pitch, 64).address();
    for (int k = 0; k < rows * pitch; k++) {
      stored.put(stored.at(address, k), Float.NaN);
    }
    return new Matrix(stored, address, rows, columns, pitch);
  }

  private static void check(Arena arena, Matrix a, Matrix b, boolean add) {
    Matrix copied = a.transposed() ? turned(arena, a) : a;
    for (Matrix first : new Matrix[] {a, copied}) {
      Matrix[] sums = new Matrix[2 * THREADS];
      for (int k = 0; k < sums.length; k++) {
        sums[k] = room(arena, ENGINE.fp32(), a.rows(), b.columns());
        for (int row = 0; row < a.rows() && add; row++) {
          Loops.fill(row, sums[k].row(row), b.columns());
        }
      }
      ENGINE.run(sums.length, (share, _) -> sums[share].product(add, first, b));
      check(a, b, add, sums[0]);
      for (Matrix sum : sums) {
        assertThat(numbers(sum)).as("on any thread").isEqualTo(numbers(sums[0]));
      }
    }
  }

  /// A copy of a transpose.
  private static Matrix turned(Arena arena, Matrix a) {
    long room = arena.allocate((long) Short.BYTES * a.rows() * a.columns(), 64).address();
    return a.transpose().transposeTo(room);
  }

  private static void check(Matrix a, Matrix b, boolean add, Matrix sum) {
    float[] found = numbers(sum);
    float[] left = numbers(a);
    float[] right = numbers(b);
    for (int k = 0; k < found.length; k++) {
      int row = k / sum.pitch();
      int column = k % sum.pitch();
      boolean isPad = column >= sum.columns();
      double expected = add ? row : 0;
      for (int i = 0; i < a.columns() && !isPad; i++) {
        expected += (double) left[place(a, row, i)] * right[place(b, i, column)];
      }
      if (isPad ? !Float.isNaN(found[k]) : !(Math.abs(found[k] - expected) <= 1e-6 * (row + 10))) {
        fail("number %d is %s in place of %s, of %s · %s", k, found[k], expected, a, b);
      }
    }
  }

  private static int place(Matrix m, int row, int column) {
    return m.transposed() ? column * m.pitch() + row : row * m.pitch() + column;
  }

  /// All that lie there, those between the rows too.
  private static float[] numbers(Matrix m) {
    float[] all = new float[(m.transposed() ? m.columns() : m.rows()) * m.pitch()];
    for (int k = 0; k < all.length; k++) {
      all[k] = m.stored().get(m.stored().at(m.address(), k));
    }
    return all;
  }
}
