package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.exec.Bytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every instruction on its own: special and random values against Java, bit for bit.
class OpcodeTest {
  private static final int THREADS = 1024;
  private static final long[] SPECIAL = {
    0,
    1,
    2,
    3,
    5,
    31,
    32,
    33,
    63,
    64,
    100,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x3c00,
    0x7bff,
    0x7c00,
    0xfc00,
    0x0001,
    0x8001,
    0x7fffffffL,
    0x80000000L,
    0xffffffffL,
    0x3f800000L,
    0xbf800000L,
    0x7f800000L,
    0xff800000L,
    0x7fc00000L,
    0xffc00001L,
    0x00000001L,
    0x80000001L,
    0x007fffffL,
    0x00800000L,
    0x7f7fffffL,
    0xff7fffffL,
    0x3f000000L,
    0x3fc00000L,
    0x40200000L,
    0x4b000001L,
    0x4f000000L,
    0x5f000000L,
    0x7fffffffffffffffL,
    0x8000000000000000L,
    -1,
    -2,
    0x3ff0000000000000L,
    0xbff0000000000000L,
    0x7ff0000000000000L,
    0x7ff8000000000000L,
    0x000fffffffffffffL,
    0x41dfffffffc00000L,
    0x43e0000000000000L,
    0x4010000000000000L
  };

  /// Zeros, subnormals, ones, the largest, infinities and NaNs of f16 and bf16.
  private static final long[] HALVES = {
    0, 0x8000, 1, 0x8001, 0x7f, 0x80, 0x3ff, 0x83ff, 0x400, 0x3c00, 0x3f80, 0xbc00, 0x7bff, 0x7c00,
    0xfc00, 0x7e00, 0x7f80, 0xff80, 0x7fc0, 0xffff
  };

  /// Zeros, subnormals and their products, neighbours of 1 and 2^53, the largest, infinities, NaN.
  private static final double[] DOUBLES = {
    0.0,
    -0.0,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    0x1.fp-1023,
    -0x1.fp-1023,
    Double.MIN_NORMAL,
    -Double.MIN_NORMAL,
    0x1p-537,
    -0x1.8p-538,
    0x1p-53,
    1,
    -1,
    1.5,
    0x1.0000000000001p0,
    -3,
    0x1.fffffffcp30,
    0x1.0000000000001p53,
    0x1p63,
    -0x1p63,
    0x1p512,
    -0x1.8p1023,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    Double.POSITIVE_INFINITY,
    Double.NaN
  };

  static Stream<Opcode> all() {
    return Stream.concat(ampere(), new HopperOpcodes().all.stream());
  }

  private static Stream<Opcode> ampere() {
    return Stream.of(
            new IntegerOpcodes(),
            new BitOpcodes(),
            new CarryOpcodes(),
            new VideoOpcodes(),
            new CompareOpcodes(),
            new FloatOpcodes(),
            new ConvertOpcodes(),
            new HalfOpcodes())
        .flatMap(opcodes -> opcodes.all.stream());
  }

  /// One module with a kernel for each instruction that sm_80 has.
  static String module() {
    return module(".version 7.6\n.target sm_80\n", ampere().toList());
  }

  /// The same for those that need sm_90.
  static String hopperModule() {
    return module(".version 7.8\n.target sm_90\n", new HopperOpcodes().all);
  }

  private static String module(String head, List<Opcode> opcodes) {
    StringBuilder out = new StringBuilder(head).append(".address_size 64\n");
    int number = 0;
    for (Opcode opcode : opcodes) {
      out.append(opcode.kernel("k" + number++));
    }
    return out.toString();
  }

  /// Each special half beside each, in both halves of a pair.
  private static long[] halves(int operand) {
    long[] values = new long[THREADS];
    for (int t = 0; t < THREADS; t++) {
      int low = operand == 0 ? t : t / HALVES.length;
      int high = operand == 0 ? t * 5 + 3 : (t * 5 + 3) / HALVES.length;
      values[t] = HALVES[low % HALVES.length] | (HALVES[high % HALVES.length] << 16);
    }
    return values;
  }

  private static long[] values(int operand, int bytes, String type) {
    if (type.endsWith("f16x2")) {
      return halves(operand);
    }
    if (type.endsWith("f16")) {
      return Arrays.stream(halves(operand)).map(pair -> pair & 0xffff).toArray();
    }
    Random random = new Random(operand * 31L + bytes);
    long[] values = new long[THREADS];
    for (int t = 0; t < THREADS; t++) {
      if (t < 700 && type.equals("f64")) {
        int n = DOUBLES.length;
        int at = operand == 0 ? t : operand == 1 ? t / n : t * 5 + t / n;
        values[t] = Double.doubleToRawLongBits(DOUBLES[at % n]);
        continue;
      }
      int pick = operand == 0 ? t : operand == 1 ? t / 7 : t / 3;
      long value =
          t < 700
              ? SPECIAL[pick % SPECIAL.length]
              : type.equals("f32")
                  ? Float.floatToRawIntBits(
                      (float) (random.nextGaussian() * Math.pow(2, random.nextInt(40) - 20)))
                  : type.equals("f64")
                      ? Double.doubleToRawLongBits(
                          random.nextGaussian() * Math.pow(2, random.nextInt(80) - 40))
                      : random.nextLong() >> random.nextInt(60);
      values[t] = bytes == 8 ? value : value & (1L << (8 * bytes)) - 1;
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("all")
  void computesWhatJavaComputes(Opcode opcode) {
    EnumSet<Check> checks = EnumSet.copyOf(Check.standard());
    checks.remove(Check.DIVISION);
    String ptx = ".version 7.6\n.target sm_80\n.address_size 64\n" + opcode.kernel("k");
    TestDevice device = new TestDevice(Options.standard().withChecks(checks), ptx, "opcode");
    List<Object> parameters = new ArrayList<>();
    long d = device.memory().allocate((long) THREADS * opcode.bytes(0), "d");
    parameters.add(d);
    long[][] sources = new long[4][THREADS];
    for (int i = 1; i < 4; i++) {
      if (i < opcode.types().size()) {
        int bytes = opcode.bytes(i);
        sources[i] = values(i - 1, bytes, opcode.types().get(i));
        parameters.add(upload(device, sources[i], bytes));
      } else {
        parameters.add(0L);
      }
    }
    device.launch("k", new Dim3(1), new Dim3(THREADS), 0, false, parameters);
    byte[] got = new byte[THREADS * opcode.bytes(0)];
    device.memory().copyOut(d, MemorySegment.ofArray(got), got.length);
    for (int t = 0; t < THREADS; t++) {
      long wanted = opcode.lane().apply(sources[1][t], sources[2][t], sources[3][t]);
      long bits = Bytes.get(got, t * opcode.bytes(0), opcode.bytes(0));
      if (opcode.types().getFirst().equals("f64")) {
        // The payload of a double's NaN is not specified.
        bits = canonical(bits);
        wanted = canonical(wanted);
      }
      assertThat(Long.toHexString(bits))
          .as(
              "%s with a = 0x%x, b = 0x%x, c = 0x%x",
              opcode, sources[1][t], sources[2][t], sources[3][t])
          .isEqualTo(Long.toHexString(wanted));
    }
  }

  private static long canonical(long bits) {
    return Double.doubleToLongBits(Double.longBitsToDouble(bits));
  }

  private static long upload(TestDevice device, long[] values, int bytes) {
    byte[] raw = new byte[values.length * bytes];
    for (int t = 0; t < values.length; t++) {
      Bytes.set(raw, t * bytes, bytes, values[t]);
    }
    long address = device.memory().allocate(raw.length, "source");
    device.memory().copyIn(address, MemorySegment.ofArray(raw), raw.length);
    return address;
  }
}
