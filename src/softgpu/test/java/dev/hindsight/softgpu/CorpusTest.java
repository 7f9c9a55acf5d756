package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.ptx.PtxException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// One module as people compile it: it loads though some of its kernels are not supported, and the
/// others compute what Java does.
class CorpusTest {
  private static final int N = 67;
  private static TestDevice device = TestDevice.of(Options.standard(), "corpus.ptx");

  @BeforeAll
  static void load() {
    device = TestDevice.of(Options.standard(), "corpus.ptx");
  }

  private static void run(String kernel, long in, long out) {
    device.launch(kernel, new Dim3(2), new Dim3(64), in, out, N);
  }

  private static void doubles(String kernel, DoubleUnaryOperator wanted, double most) {
    Random random = new Random(5);
    double[] x =
        IntStream.range(0, N)
            .mapToDouble(i -> random.nextGaussian() * Math.pow(10, i < 40 ? i % 4 : i % 20))
            .toArray();
    x[0] = 1e300; // Payne and Hanek reduce it with a product of many words
    x[1] = -1e22;
    for (int i = 0; most > 0 && i < N; i++) {
      x[i] = x[i] % most;
    }
    long[] bits = Arrays.stream(x).mapToLong(Double::doubleToRawLongBits).toArray();
    long out = device.longs("y", new long[N]);
    run(kernel, device.longs("x", bits), out);
    long[] got = device.longs(out, N);
    for (int i = 0; i < N; i++) {
      double expected = wanted.applyAsDouble(x[i]);
      assertThat(Double.longBitsToDouble(got[i]))
          .as("%s of %s", kernel, x[i])
          .isCloseTo(expected, within(4 * Math.ulp(Math.max(Math.abs(expected), 1))));
    }
  }

  @Test
  void functionsOfDoubles() {
    doubles("sines", x -> StrictMath.sin(x) + 2 * StrictMath.cos(x), 0);
    doubles("tangents", StrictMath::tan, 0);
    doubles("bessel", CorpusTest::bessel, 8);
  }

  /// The integral of `cos(x sin t)` over half a turn by the trapezium rule, which is exact here.
  private static double bessel(double x) {
    int steps = 64;
    double sum = 0;
    for (int k = 0; k < steps; k++) {
      sum += StrictMath.cos(x * StrictMath.sin(Math.PI * (k + 0.5) / steps));
    }
    return sum / steps;
  }

  @Test
  void functionsOfHalves() {
    float[] x = new float[N];
    for (int i = 0; i < N; i++) {
      x[i] = Float.float16ToFloat(Float.floatToFloat16(0.03f + 0.1f * i));
    }
    long out = device.floats("y", new float[8 * N]);
    run("half_functions", device.floats("x", x), out);
    float[] got = device.floats(out, 8 * N);
    List<DoubleUnaryOperator> wanted =
        List.of(
            Math::exp,
            Math::log,
            Math::sqrt,
            Math::sin,
            Math::cos,
            v -> 1 / v,
            v -> Math.pow(2, v),
            Math::exp);
    for (int i = 0; i < N; i++) {
      for (int f = 0; f < 8; f++) {
        double expected = wanted.get(f).applyAsDouble(x[i]);
        double ulp = Math.max(Math.scalb(1.0, Math.getExponent(expected) - 10), 0x1p-24);
        assertThat((double) got[8 * i + f])
            .as("function %d of %s", f, x[i])
            .isCloseTo(expected, within(2 * ulp));
      }
    }
  }

  private static BigInteger wide(long x, int i) {
    return Opcodes.unsigned(x).shiftLeft(40).or(BigInteger.valueOf(i)).mod(TWO_128);
  }

  private static final BigInteger TWO_128 = BigInteger.ONE.shiftLeft(128);

  @Test
  void numbersOf128Bits() {
    long[] x = new Random(6).longs(N).toArray();
    long out = device.longs("y", new long[2 * N]);
    run("wide_products", device.longs("x", x), out);
    long[] got = device.longs(out, 2 * N);
    long small = device.longs("z", new long[N]);
    run("quotients", device.longs("x", x), small);
    long[] quotients = device.longs(small, N);
    for (int i = 0; i < N; i++) {
      BigInteger a = wide(x[i], i);
      BigInteger p =
          a.multiply(a).add(a.shiftRight(3)).subtract(BigInteger.valueOf(i).shiftLeft(70));
      assertThat(got[2 * i]).isEqualTo(p.longValue());
      assertThat(got[2 * i + 1]).isEqualTo(p.shiftRight(64).longValue());
      assertThat(quotients[i]).isEqualTo(a.divide(BigInteger.valueOf(i + 3)).longValue());
    }
  }

  @Test
  void bytesSideBySide() {
    int[] x = new Random(7).ints(N).toArray();
    long out = device.ints("y", new int[4 * N]);
    run("bytes", device.ints("x", x), out);
    int[] got = device.ints(out, 4 * N);
    for (int i = 0; i < N; i++) {
      int a = x[i];
      int b = x[N - 1 - i];
      int sum = 0;
      int all = 0;
      for (int at = 0; at < 32; at += 8) {
        int apart = Math.abs((a >>> at & 255) - (b >>> at & 255));
        sum += apart;
        all |= apart << at;
      }
      int dot = i + (short) a * (byte) b + (a >> 16) * (byte) (b >> 8);
      assertThat(List.of(got[4 * i], got[4 * i + 1], got[4 * i + 2]))
          .containsExactly(all, sum, dot);
      int n = i % 5 - 2;
      List<Integer> set = IntStream.range(0, 32).filter(k -> (a >>> k & 1) == 1).boxed().toList();
      int from = i % 32;
      List<Integer> behind =
          n < 0
              ? set.reversed().stream().filter(k -> k <= from).toList()
              : set.stream().filter(k -> k >= from).toList();
      int wanted =
          n == 0
              ? set.contains(from) ? from : -1
              : behind.size() < Math.abs(n) ? -1 : behind.get(Math.abs(n) - 1);
      assertThat(got[4 * i + 3]).isEqualTo(wanted);
    }
  }

  @Test
  void groupsOfWarpsUseWhatCudaReserves() {
    int[] x = IntStream.range(0, 128).map(i -> 5 * i).toArray();
    long out = device.ints("y", new int[128]);
    run("pairs_of_warps", device.ints("x", x), out);
    assertThat(device.ints(out, 128))
        .containsExactly(IntStream.range(0, 128).map(i -> 5 * i + i % 64).toArray());
  }

  private static float[] floats() {
    float[] x = new float[N];
    IntStream.range(0, N).forEach(i -> x[i] = i / 2f - 7);
    return x;
  }

  @Test
  void functionsFromATable() {
    float[] x = floats();
    long out = device.floats("y", new float[N]);
    run("called", device.floats("x", x), out);
    float[] got = device.floats(out, N);
    for (int i = 0; i < N; i++) {
      float f = i % 3 == 0 ? 2 * x[i] : i % 3 == 1 ? 3 * x[i] : x[i] - 64;
      assertThat(got[i]).isEqualTo(f + x[i] + i);
    }
  }

  @Test
  void virtualFunctionsOfObjectsThatAnotherKernelMade() {
    float[] x = floats();
    long objects = device.memory().allocate(8L * N, "objects");
    long out = device.floats("y", new float[N]);
    int before = device.memory().allocations().size();
    run("built", device.floats("x", x), objects);
    assertThat(device.memory().allocations()).hasSizeGreaterThan(before + N);
    run("areas", objects, out);
    float[] got = device.floats(out, N);
    for (int i = 0; i < N; i++) {
      int towers = i % 4;
      float wanted = x[i] * x[i] + i + towers;
      for (int k = 0; k < towers; k++) {
        wanted += 3 * k;
      }
      assertThat(got[i]).isEqualTo(wanted);
    }
    assertThat(device.memory().allocations()).as("all were deleted").hasSize(before + 1);
  }

  @Test
  void recursionWithVariablesOfEachLevel() {
    int[] x = IntStream.range(0, N).map(i -> 7 * i).toArray();
    long out = device.ints("y", new int[4 * N]);
    run("recursive", device.ints("x", x), out);
    int[] got = device.ints(out, 4 * N);
    for (int i = 0; i < N; i++) {
      int[] moves = new int[3];
      hanoi(i % 7, moves, 0, 2);
      int a = 0;
      int b = 1;
      for (int k = 0; k < x[i] % 12; k++) {
        b += a;
        a = b - a;
      }
      assertThat(Arrays.copyOfRange(got, 4 * i, 4 * i + 4))
          .containsExactly(moves[0], moves[1], moves[2], a + x[i]);
    }
  }

  private static void hanoi(int n, int[] moves, int from, int to) {
    if (n > 0) {
      hanoi(n - 1, moves, from, 3 - from - to);
      moves[to]++;
      hanoi(n - 1, moves, 3 - from - to, to);
    }
  }

  @Test
  void memoryThatKernelsAskFor() {
    int[] x = IntStream.range(0, N).map(i -> i * i).toArray();
    long out = device.ints("y", new int[N]);
    int before = device.memory().allocations().size();
    run("heap", device.ints("x", x), out);
    int[] got = device.ints(out, N);
    int sum = 1;
    for (int i = 0; i < N; i++) {
      sum += x[i];
      assertThat(got[i]).isEqualTo(sum);
    }
    assertThat(device.memory().allocations()).hasSize(before + 1);
  }

  @Test
  void oneThatIsNotSupportedIsRefusedAlone() {
    String kernel = "selected";
    int bytes = device.kernel(kernel).parameterBytes();
    assertThatThrownBy(
            () ->
                device.simulated.launch(
                    device.kernel(kernel), new Dim3(1), new Dim3(32), 0, new byte[bytes], false))
        .isInstanceOf(PtxException.class)
        .hasMessageStartingWith("corpus.ptx")
        .hasMessageContaining(": vadd.u32.u32.u32: ");
  }
}
