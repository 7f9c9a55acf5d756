package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `cuda::barrier`, `cuda::pipeline`, bulk copies and `stmatrix` as nvcc compiles them, under one
/// schedule and shuffled ones.
class MbarrierTest {
  private static final int TURNS = 5;

  private TestDevice device = TestDevice.of(Options.standard(), "newer.ptx");
  private final int[] x = new Random(4).ints(64 * 4 * TURNS, -999, 999).toArray();

  private int[] run(long seed, String kernel, int results, Object... more) {
    device = TestDevice.of(Options.standard().withScheduleSeed(seed), "newer.ptx");
    long y = device.ints("y", new int[results]);
    Object[] parameters =
        more.length == 0
            ? new Object[] {device.ints("x", x), y}
            : new Object[] {device.ints("x", x), y, more[0]};
    device.launch(kernel, new Dim3(1), new Dim3(64), parameters);
    return device.ints(y, results);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void allThreadsWaitForAll(long seed) {
    int[] wanted = IntStream.range(0, 64).map(i -> x[i]).toArray();
    for (int k = 0; k < TURNS; k++) {
      int[] before = wanted.clone();
      for (int i = 0; i < 64; i++) {
        wanted[i] = before[i] + before[(i + 1) % 64];
      }
    }
    assertThat(run(seed, "rounds", 64, TURNS)).containsExactly(wanted);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void oneWarpHandsOverToAnother(long seed) {
    int[] wanted = new int[32];
    for (int i = 0; i < 32; i++) {
      for (int k = 0; k < TURNS; k++) {
        wanted[i] += x[32 * k + 31 - i] * (k + 1);
      }
    }
    assertThat(run(seed, "handed_over", 32, TURNS)).containsExactly(wanted);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void copiesRunAhead(long seed) {
    int[] wanted = new int[64];
    for (int i = 0; i < 64; i++) {
      for (int k = 0; k < TURNS; k++) {
        wanted[i] += x[64 * k + 63 - i] * (k + 1);
      }
    }
    assertThat(run(seed, "pipelined", 64, TURNS)).containsExactly(wanted);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void copiesInBulk(long seed) {
    int[] wanted = IntStream.range(0, 256 * TURNS).map(i -> x[i] * 2 + i / 256).toArray();
    assertThat(run(seed, "in_bulk", wanted.length, TURNS)).containsExactly(wanted);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void aBarrierCountsCopies(long seed) {
    int[] wanted = IntStream.range(0, 64).map(i -> x[63 - i]).toArray();
    assertThat(run(seed, "counted_copies", 64)).containsExactly(wanted);
    assertThat(run(seed, "dependent", 64))
        .containsExactly(IntStream.range(0, 64).map(i -> x[i] + 1).toArray());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void matricesAreStoredAsTheyAreAndTransposed(long seed) {
    int[] got = run(seed, "stored_matrix", 256);
    for (int matrix = 0; matrix < 4; matrix++) {
      for (int row = 0; row < 8; row++) {
        for (int column = 0; column < 8; column++) {
          int wanted = half(x, 32 * matrix + 4 * row + column / 2, column);
          int at = 32 * matrix + 4 * row + column / 2;
          assertThat(half(got, at, column)).isEqualTo(wanted);
          int turned = 128 + 32 * matrix + 4 * column + row / 2;
          assertThat(half(got, turned, row)).isEqualTo(wanted);
        }
      }
    }
  }

  private static int half(int[] words, int at, int which) {
    return words[at] >>> (16 * (which % 2)) & 0xffff;
  }
}
