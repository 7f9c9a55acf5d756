package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Votes, shuffles, matches, reductions and tensor-core products of one warp.
class CollectiveTest {
  private final TestDevice device = TestDevice.of(Options.standard(), "collective.ptx");
  private final Random random = new Random(11);

  @Test
  void votesMatchesReductionsAndShuffles() {
    int[] x = IntStream.range(0, 32).map(_ -> random.nextInt(900)).toArray();
    x[9] = 7;
    long y = device.memory().allocate(448 * 4, "y");
    device.launch("votes", new Dim3(1), new Dim3(32), device.ints("x", x), y);
    int[] got = device.ints(y, 448);
    int odd = (int) IntStream.range(0, 32).filter(t -> x[t] % 2 == 1).mapToLong(t -> 1L << t).sum();
    for (int t = 0; t < 32; t++) {
      int lane = t;
      assertThat(got[t]).isEqualTo(odd);
      assertThat(got[32 + t]).isEqualTo(1);
      assertThat(got[64 + t]).isEqualTo(1);
      assertThat(got[96 + t])
          .isEqualTo(
              (int)
                  IntStream.range(0, 32)
                      .filter(o -> x[o] % 5 == x[lane] % 5)
                      .mapToLong(o -> 1L << o)
                      .sum());
      assertThat(got[128 + t]).isEqualTo(-1);
      assertThat(got[160 + t]).isEqualTo(1);
      assertThat(got[192 + t]).isEqualTo(Arrays.stream(x).sum());
      assertThat(got[224 + t]).isEqualTo(Arrays.stream(x).max().getAsInt());
      assertThat(got[256 + t]).isEqualTo(Arrays.stream(x).reduce(0, (a, b) -> a ^ b));
      assertThat(got[288 + t]).isEqualTo(x[t < 3 ? t : t - 3]);
      assertThat(got[320 + t]).isEqualTo(x[t % 8 + 5 < 8 ? t + 5 : t]);
      assertThat(got[352 + t]).isEqualTo(x[t / 16 * 16 + t * 3 % 16]);
      assertThat(got[384 + t]).isEqualTo(-1);
      assertThat(got[416 + t]).isEqualTo(Integer.bitCount(odd));
    }
  }

  private float[] small(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(64) / 16f - 2;
    }
    return values;
  }

  @Test
  void tf32ProductIsExactForSmallNumbers() {
    float[] a = small(16 * 8);
    float[] b = small(8 * 8);
    float[] c = small(16 * 8);
    long d = device.memory().allocate(16 * 8 * 4, "d");
    device.launch(
        "mma_tf32",
        new Dim3(1),
        new Dim3(32),
        device.floats("a", a),
        device.floats("b", b),
        device.floats("c", c),
        d);
    assertThat(device.floats(d, 128)).containsExactly(product(a, b, c, 8));
  }

  @Test
  void bf16ProductThroughLdmatrix() {
    float[] a = small(16 * 16);
    float[] b = small(16 * 8);
    long d = device.memory().allocate(16 * 8 * 4, "d");
    device.launch("mma_bf16", new Dim3(1), new Dim3(32), halves(a), halves(b), d);
    assertThat(device.floats(d, 128)).containsExactly(product(a, b, new float[128], 16));
  }

  /// Multiples of 1/16 below 2 have at most six bits, so bf16 holds them exactly.
  private long halves(float[] values) {
    short[] bits = new short[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = (short) (Float.floatToRawIntBits(values[i]) >>> 16);
    }
    long address = device.memory().allocate(bits.length * 2L, "halves");
    device.memory().copyIn(address, MemorySegment.ofArray(bits), bits.length * 2L);
    return address;
  }

  private static float[] product(float[] a, float[] b, float[] c, int k) {
    float[] d = c.clone();
    for (int i = 0; i < 16; i++) {
      for (int j = 0; j < 8; j++) {
        for (int t = 0; t < k; t++) {
          d[i * 8 + j] += a[i * k + t] * b[t * 8 + j];
        }
      }
    }
    return d;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void approximationsStayInsideTheirBounds(boolean perturb) {
    TestDevice mine = TestDevice.of(Options.standard().withPerturb(perturb), "collective.ptx");
    float[] x = new float[256];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.exp(random.nextDouble() * 4 - 2.5);
    }
    long y = mine.memory().allocate(256 * 8 * 4, "y");
    mine.launch("approximations", new Dim3(1), new Dim3(256), mine.floats("x", x), y);
    float[] got = mine.floats(y, 256 * 8);
    double[] worst = new double[8];
    for (int i = 0; i < x.length; i++) {
      double v = x[i];
      double[] exact = {
        Math.pow(2, v),
        Math.log(v) / Math.log(2),
        1 / v,
        Math.sqrt(v),
        1 / Math.sqrt(v),
        Math.tanh(v),
        Math.sin(v),
        v / 3
      };
      for (int f = 0; f < 8; f++) {
        double unit =
            switch (f) {
              case 0, 7 -> 2 * Math.ulp((float) exact[f]);
              case 1 -> v > 0.5 && v < 2 ? 0x1p-22 : Math.abs(exact[f]) * 0x1p-22;
              case 2 -> Math.ulp((float) exact[f]);
              case 3 -> exact[f] * 0x1p-23;
              case 4 -> exact[f] * Math.pow(2, -22.9);
              case 5 -> exact[f] * 0x1p-11;
              default -> Math.pow(2, -20.5);
            };
        worst[f] = Math.max(worst[f], Math.abs(got[i * 8 + f] - exact[f]) / unit);
      }
    }
    for (double each : worst) {
      assertThat(each).isLessThanOrEqualTo(1.0000001);
      if (perturb) {
        assertThat(each).as("perturbed results lie near their bound").isGreaterThan(0.7);
      }
    }
  }
}
