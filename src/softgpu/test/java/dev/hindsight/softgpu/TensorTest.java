package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.exec.Bytes;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products of matrices by one warp: `wmma` and `mma` of all types against plain sums in Java.
class TensorTest {
  private static final String FILE = "tensor.ptx";
  private final TestDevice device = TestDevice.of(Options.standard(), FILE);
  private final Random random = new Random(3);

  /// A matrix by rows, each element a number, and how it lies in memory.
  private record Lies(String type, int rows, int columns, boolean byRows) {
    int bits() {
      return MatrixNumbers.bits(type);
    }

    int at(int row, int column) {
      return byRows ? row * columns + column : column * rows + row;
    }

    byte[] bytes(double[] values) {
      byte[] raw = new byte[rows * columns * bits() / 8];
      for (int i = 0; i < rows * columns; i++) {
        int at = at(i / columns, i % columns) * bits();
        long bits = MatrixNumbers.encode(type, values[i]);
        if (bits() >= 8) {
          Bytes.set(raw, at / 8, bits() / 8, bits);
        } else {
          raw[at / 8] |= (byte) (bits << (at % 8));
        }
      }
      return raw;
    }

    double[] values(byte[] raw) {
      double[] values = new double[rows * columns];
      for (int i = 0; i < values.length; i++) {
        int at = at(i / columns, i % columns) * bits() / 8;
        values[i] = MatrixNumbers.decode(type, Bytes.get(raw, at, bits() / 8));
      }
      return values;
    }
  }

  private long put(Lies as, double[] values) {
    byte[] raw = as.bytes(values);
    long address = device.memory().allocate(raw.length, as.type);
    device.memory().copyIn(address, MemorySegment.ofArray(raw), raw.length);
    return address;
  }

  private double[] get(Lies as, long address) {
    byte[] raw = new byte[as.rows * as.columns * as.bits() / 8];
    device.memory().copyOut(address, MemorySegment.ofArray(raw), raw.length);
    return as.values(raw);
  }

  private double[] numbers(Lies as) {
    return MatrixNumbers.random(random, as.type, as.rows * as.columns);
  }

  private static double[] product(double[] a, double[] b, double[] c, int n, int k) {
    double[] d = c.clone();
    for (int i = 0; i < d.length; i++) {
      for (int j = 0; j < k; j++) {
        d[i] += a[i / n * k + j] * b[j * n + i % n];
      }
    }
    return d;
  }

  @ParameterizedTest
  @CsvSource({
    "f16_16x16x16_rr, f32, r",
    "f16_16x16x16_rc, f16, c",
    "f16_32x8x16_cr, f32, c",
    "f16_8x32x16_cc, f16, r",
    "bf16_16x16x16_rc, f32, r",
    "bf16_32x8x16_cr, f32, r",
    "bf16_8x32x16_rr, f32, c",
    "tf32_16x16x8_rc, f32, r",
    "tf32_16x16x8_cr, f32, c",
    "s8_16x16x16_rc, s32, r",
    "u8_32x8x16_cr, s32, c",
    "s8_8x32x16_cc, s32, r",
    "f64_8x8x4_rc, f64, r",
    "f64_8x8x4_cr, f64, c",
    "s4_8x8x32_rc, s32, r",
    "u4_8x8x32_rc, s32, c",
  })
  void wmmaOfAllTypesAndShapes(String kernel, String sum, String order) {
    String[] parts = kernel.split("[_x]", -1);
    int m = Integer.parseInt(parts[1]);
    int n = Integer.parseInt(parts[2]);
    int k = Integer.parseInt(parts[3]);
    Lies left = new Lies(parts[0], m, k, parts[4].charAt(0) == 'r');
    Lies right = new Lies(parts[0], k, n, parts[4].charAt(1) == 'r');
    Lies sums = new Lies(sum, m, n, order.equals("r"));
    double[] a = numbers(left);
    double[] b = numbers(right);
    double[] c = numbers(sums);
    long d = device.memory().allocate((long) m * n * sums.bits() / 8, "d");
    device.launch(kernel, new Dim3(1), new Dim3(32), put(left, a), put(right, b), put(sums, c), d);
    for (int i = 0; i < c.length; i++) {
      c[i] *= 2;
    }
    assertThat(get(sums, d)).containsExactly(product(a, b, c, n, k));
  }

  @Test
  void throughSharedMemoryWithAStride() {
    int k = 48;
    Lies left = new Lies("f16", 16, k, true);
    Lies right = new Lies("f16", k, 16, true);
    double[] a = numbers(left);
    double[] b = numbers(right);
    long d = device.floats("d", new float[256]);
    device.launch("tiles", new Dim3(1), new Dim3(32), put(left, a), put(right, b), d, k);
    assertThat(get(new Lies("f32", 16, 16, true), d))
        .containsExactly(product(a, b, new double[256], 16, k));
  }

  @Test
  void specialHalves() {
    Lies left = new Lies("f16", 16, 16, true);
    double[] a = new double[256];
    double[] b = new double[256];
    double[] c = new double[256];
    double[] row = {Double.POSITIVE_INFINITY, Double.NaN, 65504, 0x1p-24, -0.0};
    for (int i = 0; i < row.length; i++) {
      a[i * 16] = row[i];
    }
    b[0] = 2;
    b[1] = -65504;
    c[5 * 16 + 1] = 1e30;
    long d = device.floats("d", new float[256]);
    device.launch(
        "f16_16x16x16_rr",
        new Dim3(1),
        new Dim3(32),
        put(left, a),
        put(left, b),
        put(new Lies("f32", 16, 16, true), c),
        d);
    double[] got = get(new Lies("f32", 16, 16, true), d);
    assertThat(new double[] {got[0], got[1], got[16], got[32], got[33], got[48]})
        .containsExactly(
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.NaN,
            131008,
            -65504.0 * 65504,
            0x1p-23);
    assertThat(got[5 * 16 + 1]).isEqualTo(2 * (double) 1e30f);
    assertThat(got[2]).as("infinity times 0").isNaN();
  }

  @Test
  void bitsThatDifferAndBitsInBoth() {
    Lies left = new Lies("b1", 8, 128, true);
    Lies right = new Lies("b1", 128, 8, false);
    double[] a = numbers(left);
    double[] b = numbers(right);
    long d = device.ints("d", new int[64]);
    long e = device.ints("e", new int[64]);
    device.launch("b1_8x8x128", new Dim3(1), new Dim3(32), put(left, a), put(right, b), d, e);
    double[] both = product(a, b, new double[64], 8, 128);
    double[] differ = new double[64];
    for (int i = 0; i < 64; i++) {
      for (int j = 0; j < 128; j++) {
        differ[i] += a[i / 8 * 128 + j] == b[j * 8 + i % 8] ? 0 : 1;
      }
    }
    Lies sums = new Lies("s32", 8, 8, true);
    assertThat(get(sums, d)).containsExactly(differ);
    assertThat(get(sums, e)).containsExactly(both);
  }

  @ParameterizedTest
  @CsvSource({
    "mma_s8_16x8x32, s8, s8, false",
    "mma_s8_u8_16x8x32_sat, s8, u8, true",
    "mma_u8_s8_16x8x16, u8, s8, false",
    "mma_u8_8x8x16_sat, u8, u8, true",
    "mma_s4_16x8x64, s4, s4, true",
    "mma_u4_s4_16x8x32, u4, s4, false",
    "mma_u4_8x8x32, u4, u4, false",
    "mma_f64_8x8x4, f64, f64, false",
  })
  void mmaOfIntegersAndDoubles(String kernel, String typeA, String typeB, boolean saturates) {
    String[] parts = kernel.replaceAll(".*_(\\d+x\\d+x\\d+).*", "$1").split("x", -1);
    int m = Integer.parseInt(parts[0]);
    int k = Integer.parseInt(parts[2]);
    Lies left = new Lies(typeA, m, k, true);
    Lies right = new Lies(typeB, k, 8, false);
    Lies sums = new Lies(typeA.equals("f64") ? "f64" : "s32", m, 8, true);
    double[] a = numbers(left);
    double[] b = numbers(right);
    double[] c = numbers(sums);
    if (!typeA.equals("f64")) {
      c[0] = Integer.MAX_VALUE; // one of these leaves 32 bits
      c[1] = Integer.MIN_VALUE;
      for (int j = 0; j < k; j++) {
        b[j * 8] = Math.abs(b[j * 8]) % 7 + 1;
        b[j * 8 + 1] = typeB.startsWith("s") ? -b[j * 8] : b[j * 8];
        a[j] = Math.abs(a[j]) % 8;
      }
    }
    long d = device.memory().allocate((long) m * sums.bits(), "d");
    device.launch(kernel, new Dim3(1), new Dim3(32), put(left, a), put(right, b), put(sums, c), d);
    double[] wanted = product(a, b, c, 8, k);
    for (int i = 0; i < wanted.length && !typeA.equals("f64"); i++) {
      wanted[i] = saturates ? (int) wanted[i] : (int) (long) wanted[i];
    }
    assertThat(get(sums, d)).containsExactly(wanted);
  }
}
