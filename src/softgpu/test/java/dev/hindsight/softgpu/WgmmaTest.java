package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.exec.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Products of a group of four warps against plain sums. Where elements lie is written down here
/// once more, from the drawings of the PTX ISA.
class WgmmaTest {
  private static final String[] TYPES = {
    "f32.f16.f16",
    "f16.f16.f16",
    "f32.bf16.bf16",
    "f32.tf32.tf32",
    "f32.e4m3.e5m2",
    "f16.e5m2.e4m3",
    "s32.s8.u8",
    "s32.u8.s8",
    "s32.b1.b1"
  };
  private static final int[] EXTENTS = {8, 24};

  private final Random random = new Random(5);

  /// What ptxas is shown.
  static String module() {
    List<WgmmaProduct> all = new ArrayList<>();
    for (String types : TYPES) {
      all.addAll(WgmmaProduct.whole(types, 24));
    }
    all.addAll(WgmmaProduct.whole("f32.f16.f16", 256));
    for (String types : List.of(TYPES).subList(0, TYPES.length - 1)) {
      all.addAll(WgmmaProduct.sparse(types, 24));
    }
    return WgmmaProduct.module(all);
  }

  /// How a matrix lies in shared memory, by a descriptor whose start is relative.
  private final class Lies {
    /// 0 without a swizzle; else units of 16 bytes change places within `16 << mode`.
    final int mode = random.nextInt(4);

    final boolean turned;
    final int start;
    final int leading;
    final int stride;
    int end;

    Lies(int from, int rows, boolean turned, boolean wide) {
      this.turned = turned;
      int width = 16 << mode;
      int pattern = 8 * width;
      start = (from + 1023) / 1024 * 1024 + (mode == 0 ? 16 * random.nextInt(3) : 0);
      if (mode == 0 || !turned) {
        stride = mode == 0 ? 128 * (turned || wide ? 9 : 3) : pattern * (1 + random.nextInt(2));
        leading = mode == 0 ? 128 * (1 + random.nextInt(2)) : rows / 8 * stride;
      } else {
        stride = pattern;
        leading = (wide ? 4 : 2) * pattern * (1 + random.nextInt(2));
      }
      end = start + 16 + rows / 8 * Math.max(stride, leading) + 4 * Math.max(leading, stride);
    }

    long descriptor() {
      long swizzle = new long[] {0, 3, 2, 1}[mode];
      return start / 16 + ((leading / 16L) << 16) + ((stride / 16L) << 32) + (swizzle << 62);
    }

    /// Where byte `b` of a row lies, or of transposed matrices the byte of a row in column k.
    int at(int row, int b, int k) {
      int width = 16 << mode;
      if (!turned) {
        int chunk = b / 16;
        int line = row % 8;
        int units = width / 16;
        int moved = chunk % units ^ (line * width / 128 % units);
        int inside = line * width + moved * 16 + chunk / units * leading;
        return start + row / 8 * stride + inside + b % 16;
      }
      int unit = row / 8;
      int inUnit = row % 8 * 2 + b;
      if (mode == 0) {
        return start + unit * stride + k / 8 * leading + k % 8 * 16 + inUnit;
      }
      int chunk = unit % (width / 16);
      int moved = chunk ^ (k % 8 * width / 128 % (width / 16));
      return start
          + unit / (width / 16) * leading
          + k / 8 * stride
          + k % 8 * width
          + moved * 16
          + inUnit;
    }

    void put(byte[] shared, WgmmaProduct of, int index, double[] rows, int k) {
      for (int i = 0; i < rows.length; i++) {
        long bits = MatrixNumbers.encode(of.part(index), rows[i]);
        int bit = i % k * of.bits();
        if (of.bits() == 1) {
          shared[at(i / k, bit / 8, 0)] |= (byte) (bits << (bit % 8));
        } else {
          int at = turned ? at(i / k, 0, i % k) : at(i / k, bit / 8, 0);
          Bytes.set(shared, at, of.bits() / 8, bits);
        }
      }
    }
  }

  private double[] numbers(String type, int count) {
    return MatrixNumbers.random(random, type, count);
  }

  private double[] run(TestDevice device, WgmmaProduct of, double[] whole, double[] b, double[] c) {
    Lies left = new Lies(0, 64, of.turnA(), false);
    Lies right = new Lies(left.end, of.n(), of.turnB(), of.sparse());
    int[] metadata = random.ints(128).toArray();
    double[] a =
        of.sparse()
            ? MatrixNumbers.thin(random, whole, of.k(), of.part(1), of.selector(), metadata)
            : whole;
    int k = of.stored();
    byte[] shared = new byte[(right.end + 3) / 4 * 4];
    if (!of.registers()) {
      left.put(shared, of, 1, a, k);
    }
    right.put(shared, of, 2, b, of.k());
    int each = 32 / of.bits();
    int[] held = new int[128 * 4];
    for (int i = 0; i < a.length; i++) {
      int row = i / k;
      int column = i % k;
      int thread = row / 16 * 32 + row % 8 * 4 + column / each % 4;
      int register = row % 16 / 8 + 2 * (column / each / 4);
      held[thread * 4 + register] |=
          (int) MatrixNumbers.encode(of.part(1), a[i]) << (column % each * of.bits());
    }
    int wide = of.part(0).equals("f16") ? 2 : 1;
    int[] sums = new int[128 * of.sums()];
    for (int i = 0; i < c.length; i++) {
      int at = place(i / of.n(), i % of.n(), of.n());
      sums[at / wide] |= (int) MatrixNumbers.encode(of.part(0), c[i]) << (at % wide * 16);
    }
    int[] words =
        IntStream.range(0, shared.length / 4)
            .map(i -> (int) Bytes.I32.get(shared, 4 * i))
            .toArray();
    long d = device.ints("d", sums);
    List<Object> parameters =
        List.of(
            device.ints("x", words),
            device.ints("a", held),
            d,
            words.length,
            left.descriptor(),
            right.descriptor(),
            c.length == 0 ? 0 : 1,
            device.ints("e", metadata));
    device.launch(of.name(), new Dim3(1), new Dim3(128), shared.length, false, parameters);
    int[] got = device.ints(d, sums.length);
    return IntStream.range(0, 64 * of.n())
        .mapToDouble(
            i -> {
              int at = place(i / of.n(), i % of.n(), of.n());
              int bits = got[at / wide] >>> (at % wide * 16);
              return MatrixNumbers.decode(of.part(0), bits);
            })
        .toArray();
  }

  /// Among the sums of all threads.
  private static int place(int row, int column, int n) {
    int thread = row / 16 * 32 + row % 8 * 4 + column % 8 / 2;
    return thread * (n / 2) + column / 8 * 4 + row % 16 / 8 * 2 + column % 2;
  }

  private void check(List<WgmmaProduct> all) {
    TestDevice device = new TestDevice(Options.standard(), WgmmaProduct.module(all), "products");
    for (WgmmaProduct of : all) {
      int k = of.k();
      double[] a = numbers(of.part(1), 64 * k);
      double[] b = numbers(of.part(2), of.n() * k);
      double[] c = random.nextInt(3) == 0 ? new double[0] : numbers(of.part(0), 64 * of.n());
      double[] got = run(device, of, a, b, c);
      double[] wanted = new double[64 * of.n()];
      for (int i = 0; i < wanted.length; i++) {
        double sum = 0;
        for (int j = 0; j < k; j++) {
          sum += a[i / of.n() * k + j] * b[i % of.n() * k + j];
        }
        wanted[i] = of.signA() * of.signB() * sum + (c.length == 0 ? 0 : c[i]);
      }
      assertThat(got).as(of.name()).containsExactly(wanted);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void allTypes(int type) {
    List<WgmmaProduct> all = new ArrayList<>();
    for (int n : EXTENTS) {
      all.addAll(WgmmaProduct.whole(TYPES[type], n));
      all.addAll(TYPES[type].contains("b1") ? List.of() : WgmmaProduct.sparse(TYPES[type], n));
    }
    check(all);
  }

  @Test
  void allWidths() {
    List<WgmmaProduct> all = new ArrayList<>();
    for (int n = 8; n <= 256; n += 8) {
      all.add(new WgmmaProduct("f32.f16.f16", n, n % 16 == 0, false, n % 24 == 0, 1, 1, -1));
    }
    check(all);
  }

  @Test
  void specialValues() {
    WgmmaProduct of = WgmmaProduct.whole("f32.e4m3.e5m2", 8).getFirst();
    TestDevice device =
        new TestDevice(Options.standard(), WgmmaProduct.module(List.of(of)), "products");
    double[] a = new double[64 * 32];
    double[] b = new double[8 * 32];
    a[0] = Double.NaN;
    a[32] = 448;
    a[64] = 1 / 512.0;
    a[96] = -0.25;
    b[0] = 57344;
    b[32] = Double.POSITIVE_INFINITY;
    b[64] = 0x1p-16;
    double[] got = run(device, of, a, b, new double[0]);
    assertThat(new double[] {got[0], got[8], got[16], got[24], got[9], got[25], got[10], got[18]})
        .containsExactly(
            Double.NaN,
            448 * 57344,
            112,
            -14336,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            448 * 0x1p-16,
            0x1p-25);
    assertThat(got[33]).as("infinity times 0").isNaN();
  }
}
