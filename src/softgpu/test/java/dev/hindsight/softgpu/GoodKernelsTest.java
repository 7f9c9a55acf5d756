package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Kernels without a mistake compute what plain Java computes, and no check complains: with all
/// checks, without any, and with warps and groups shuffled.
@Tag("slow")
class GoodKernelsTest {
  private static final int SCHEDULES = 10;

  private static final Map<String, Consumer<TestDevice>> KERNELS =
      Map.ofEntries(
          Map.entry("matmul", GoodKernelsTest::matmulEqualsFmaInOrder),
          Map.entry("exp_sum", GoodKernelsTest::reductionAcrossWarps),
          Map.entry("shuffle_in_branches", GoodKernelsTest::shufflesMeetFromTwoBranches),
          Map.entry("collatz", GoodKernelsTest::divergentLoopsReconverge),
          Map.entry("call_function", GoodKernelsTest::functionsAreCalledByTheLanesThatCall),
          Map.entry("local_array", GoodKernelsTest::localArrays),
          Map.entry("async_copy", GoodKernelsTest::asynchronousCopies),
          Map.entry("last_block_sums", GoodKernelsTest::lastBlockSums),
          Map.entry("grid_sync", GoodKernelsTest::gridBarrierOfACooperativeLaunch),
          Map.entry("spin_lock", GoodKernelsTest::lanesFightForALock),
          Map.entry("two_named_barriers", GoodKernelsTest::namedBarriersOfHalfBlocks),
          Map.entry("halves", GoodKernelsTest::halfPrecision));

  static Stream<Options> schedules() {
    Options standard = Options.standard();
    Options everything = standard.withChecks(EnumSet.allOf(Check.class));
    return Stream.concat(
        Stream.of(
            standard,
            Options.fast(),
            standard.withThreads(1).withCounters(true),
            standard.withChecks(EnumSet.of(Check.SHARED_RACE)),
            everything,
            everything.withScheduleSeed(1),
            everything.withScheduleSeed(2)),
        IntStream.rangeClosed(1, SCHEDULES).mapToObj(standard::withScheduleSeed));
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void computeWhatJavaComputes(Options options) {
    KERNELS.values().forEach(kernel -> kernel.accept(TestDevice.of(options, "good.ptx")));
  }

  @Test
  void allKernelsAreTried() {
    assertThat(TestDevice.of(Options.standard(), "good.ptx").module.kernels().keySet())
        .isEqualTo(KERNELS.keySet());
  }

  private static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private static void matmulEqualsFmaInOrder(TestDevice device) {
    int m = 70;
    int n = 65;
    int k = 37;
    float[] a = random(m * k, 1);
    float[] b = random(k * n, 2);
    long c = device.memory().allocate(4L * m * n, "c");
    device.launch(
        "matmul",
        new Dim3(2, 2),
        new Dim3(256),
        device.floats("a", a),
        device.floats("b", b),
        c,
        m,
        n,
        k);
    float[] wanted = new float[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        float sum = 0;
        for (int t = 0; t < k; t++) {
          sum = Math.fma(a[i * k + t], b[t * n + j], sum);
        }
        wanted[i * n + j] = sum;
      }
    }
    assertThat(device.floats(c, m * n)).containsExactly(wanted);
  }

  private static void reductionAcrossWarps(TestDevice device) {
    int rows = 3;
    int n = 200;
    float[] x = random(rows * n, 3);
    long y = device.memory().allocate(rows * 4L, "y");
    device.launch("exp_sum", new Dim3(rows), new Dim3(96), device.floats("x", x), y, n);
    float[] got = device.floats(y, rows);
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int i = 0; i < n; i++) {
        sum += Math.exp(x[row * n + i]);
      }
      assertThat(got[row]).isCloseTo((float) sum, Percentage.withPercentage(1e-4));
    }
  }

  private static void shufflesMeetFromTwoBranches(TestDevice device) {
    long x = device.memory().allocate(64 * 4, "x");
    device.launch("shuffle_in_branches", new Dim3(1), new Dim3(64), x);
    int[] wanted =
        IntStream.range(0, 64).map(t -> (t ^ 16) + (t % 32 < 16 ? 1000 : 2000)).toArray();
    assertThat(device.ints(x, 64)).containsExactly(wanted);
  }

  private static void divergentLoopsReconverge(TestDevice device) {
    int[] start = IntStream.rangeClosed(1, 64).toArray();
    long steps = device.memory().allocate(64 * 4, "steps");
    device.launch("collatz", new Dim3(1), new Dim3(64), device.ints("x", start), steps);
    int[] wanted =
        Arrays.stream(start)
            .map(
                v -> {
                  int count = 1000;
                  for (int at = v; at != 1; count++) {
                    at = at % 2 == 1 ? 3 * at + 1 : at / 2;
                  }
                  return count;
                })
            .toArray();
    assertThat(device.ints(steps, 64)).containsExactly(wanted);
  }

  private static void functionsAreCalledByTheLanesThatCall(TestDevice device) {
    long x = device.ints("x", IntStream.range(0, 48).toArray());
    long calls = device.ints("calls", 0);
    device.launch("call_function", new Dim3(1), new Dim3(48), x, calls);
    assertThat(device.ints(x, 48))
        .containsExactly(IntStream.range(0, 48).map(v -> v % 3 == 0 ? 4 * v : 2 * v).toArray());
    assertThat(device.ints(calls, 1)).containsExactly(48 + 16);
  }

  private static void localArrays(TestDevice device) {
    float[] x = random(64, 5);
    long y = device.memory().allocate(64 * 4, "y");
    device.launch("local_array", new Dim3(1), new Dim3(64), device.floats("x", x), y, 3);
    float[] wanted = new float[64];
    for (int t = 0; t < 64; t++) {
      float[] l = new float[16];
      for (int i = 0; i < 16; i++) {
        l[(i + 3) & 15] = x[t] * i;
      }
      for (int i = 0; i < 16; i++) {
        wanted[t] += l[(i * 5 + t) & 15];
      }
    }
    assertThat(device.floats(y, 64)).containsExactly(wanted);
  }

  private static void asynchronousCopies(TestDevice device) {
    float[] x = random(128, 6);
    long y = device.memory().allocate(64 * 4, "y");
    device.launch("async_copy", new Dim3(1), new Dim3(64), device.floats("x", x), y, 64);
    float[] wanted = new float[64];
    for (int t = 0; t < 64; t++) {
      wanted[t] = x[63 - t] + x[127 - t];
    }
    assertThat(device.floats(y, 64)).containsExactly(wanted);
  }

  private static void lastBlockSums(TestDevice device) {
    float[] x = new float[5 * 32];
    Arrays.fill(x, 0.5f);
    long part = device.memory().allocate(5 * 4, "part");
    long y = device.memory().allocate(4, "y");
    device.launch("last_block_sums", new Dim3(5), new Dim3(32), device.floats("x", x), part, y);
    assertThat(device.floats(y, 1)).containsExactly(80f);
  }

  private static void gridBarrierOfACooperativeLaunch(TestDevice device) {
    long x = device.ints("x", new int[6]);
    long y = device.ints("y", new int[6]);
    device.launch("grid_sync", new Dim3(6), new Dim3(32), 0, true, List.of(x, y));
    assertThat(device.ints(y, 6)).containsOnly(21);
  }

  private static void lanesFightForALock(TestDevice device) {
    long lock = device.ints("lock", 0);
    long count = device.ints("count", 0);
    device.launch("spin_lock", new Dim3(2), new Dim3(48), lock, count);
    assertThat(device.ints(count, 1)).containsExactly(96);
  }

  private static void namedBarriersOfHalfBlocks(TestDevice device) {
    float[] x = random(128, 7);
    long at = device.floats("x", x);
    device.launch("two_named_barriers", new Dim3(1), new Dim3(128), at);
    float[] wanted = new float[128];
    for (int t = 0; t < 128; t++) {
      wanted[t] = x[t / 64 * 64 + 63 - t % 64];
    }
    assertThat(device.floats(at, 128)).containsExactly(wanted);
  }

  private static void halfPrecision(TestDevice device) {
    float[] x = random(64, 8);
    long y = device.memory().allocate(128 * 4, "y");
    device.launch("halves", new Dim3(1), new Dim3(32), device.floats("x", x), y);
    float[] got = device.floats(y, 128);
    for (int i = 0; i < 64; i++) {
      float b = bf16(x[i]);
      float h = Float.float16ToFloat(Float.floatToFloat16(x[i]));
      // The product of two halves is exact in float, and so is the sum here; one rounding is left.
      assertThat(got[i / 2 * 4 + i % 2]).isEqualTo(bf16((float) ((double) b * b + b)));
      float fused = Float.float16ToFloat(Float.floatToFloat16((float) ((double) h * h + h)));
      assertThat(got[i / 2 * 4 + 2 + i % 2]).isEqualTo(fused);
    }
  }

  private static float bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int rounded = (bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000;
    return Float.intBitsToFloat(rounded);
  }
}
