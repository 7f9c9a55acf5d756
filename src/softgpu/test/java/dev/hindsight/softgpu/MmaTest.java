package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.MatrixNumbers.bits;
import static dev.hindsight.softgpu.MatrixNumbers.decode;
import static dev.hindsight.softgpu.MatrixNumbers.encode;
import static dev.hindsight.softgpu.MatrixNumbers.thin;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `mma` of 8-bit floats, of sparse matrices and of four small matrices, register by register
/// against plain sums.
class MmaTest {
  private final Random random = new Random(7);

  /// An instruction and the registers of a lane: of D and C, A and B.
  ///
  /// @param selector of a sparse matrix: the lane of four, or the pair, with metadata
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Case(String name, int k, String types, int[] registers, boolean sparse, int selector) {
    @Override
    public String toString() {
      return name + "." + types + (sparse ? " " + selector : "");
    }

    String type(int index) {
      return types.split("\\.", -1)[index];
    }

    String label() {
      return toString().replaceAll("[.: ]", "_");
    }

    private static String list(String prefix, int count) {
      return IntStream.range(0, count)
          .mapToObj(i -> "%" + prefix + i)
          .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String load(String prefix, int count, int pointer) {
      return IntStream.range(0, count)
          .mapToObj(i -> "ld.global.b32 %%%s%d, [%%q%d+%d];%n".formatted(prefix, i, pointer, 4 * i))
          .collect(Collectors.joining());
    }

    String ptx() {
      StringBuilder text = new StringBuilder();
      text.append(".visible .entry ").append(label());
      text.append("(.param .u64 p0, .param .u64 p1, .param .u64 p2, .param .u64 p3) {\n");
      text.append(".reg .b32 %r1, %c<8>, %a<4>, %b<4>, %e<1>;\n.reg .b64 %q<5>, %t;\n");
      text.append("mov.u32 %r1, %tid.x;\n");
      int[] each = {registers[0], registers[1], registers[2], 1};
      for (int p = 0; p < 4; p++) {
        text.append("ld.param.u64 %%q%d, [p%d];%n".formatted(p, p));
        text.append("mul.wide.u32 %%t, %%r1, %d;%n".formatted(4 * each[p]));
        text.append("add.s64 %%q%d, %%q%d, %%t;%n".formatted(p, p));
      }
      text.append(load("c", registers[0], 0))
          .append(load("a", registers[1], 1))
          .append(load("b", registers[2], 2))
          .append("ld.global.b32 %e0, [%q3];\n")
          .append(name + "." + types + " " + list("c", registers[0]) + ", ")
          .append(list("a", registers[1]) + ", " + list("b", registers[2]) + ", ")
          .append(list("c", registers[0]))
          .append(sparse ? ", %%e0, %d;%n".formatted(selector) : ";\n");
      for (int i = 0; i < registers[0]; i++) {
        text.append("st.global.b32 [%%q0+%d], %%c%d;%n".formatted(4 * i, i));
      }
      return text.append("ret;\n}\n").toString();
    }
  }

  private static Case dense(int k, String types, int d, int a, int b) {
    String name = "mma.sync.aligned.m16n8k%d.row.col".formatted(k);
    return new Case(name, k, types, new int[] {d, a, b}, false, 0);
  }

  private static Case sparse(int k, String types, int registers, int selector) {
    String name = "mma.sp::ordered_metadata.sync.aligned.m16n8k%d.row.col".formatted(k);
    int d = types.startsWith("f16") ? 2 : 4;
    return new Case(name, k, types, new int[] {d, registers, registers}, true, selector);
  }

  static Stream<Case> cases() {
    return Stream.of(
        dense(32, "f32.e4m3.e4m3.f32", 4, 4, 2),
        dense(32, "f32.e5m2.e4m3.f32", 4, 4, 2),
        dense(32, "f16.e4m3.e5m2.f16", 2, 4, 2),
        dense(16, "f32.e5m2.e5m2.f32", 4, 2, 1),
        sparse(16, "f32.f16.f16.f32", 2, 0),
        sparse(16, "f16.f16.f16.f16", 2, 3),
        sparse(32, "f32.f16.f16.f32", 4, 1),
        sparse(32, "f32.bf16.bf16.f32", 4, 0),
        sparse(16, "f32.bf16.bf16.f32", 2, 2),
        sparse(8, "f32.tf32.tf32.f32", 2, 1),
        sparse(16, "f32.tf32.tf32.f32", 4, 1),
        sparse(64, "f32.e4m3.e5m2.f32", 4, 0),
        sparse(32, "s32.s8.u8.s32", 2, 1),
        sparse(64, "s32.u8.s8.s32", 4, 0),
        sparse(64, "s32.s4.u4.s32", 2, 1),
        sparse(128, "s32.u4.s4.s32", 4, 0));
  }

  private static Stream<Case> quarters() {
    return Stream.of("row.col", "col.row", "row.row", "col.col")
        .flatMap(
            order ->
                Stream.of("f32.f16.f16.f32", "f16.f16.f16.f16")
                    .map(
                        types ->
                            new Case(
                                "mma.sync.aligned.m8n8k4." + order,
                                4,
                                types,
                                new int[] {types.startsWith("f32") ? 8 : 4, 2, 2},
                                false,
                                0)));
  }

  /// What ptxas of sm_90 is shown; it has no instructions of sm_70 any more.
  static String module() {
    return ".version 8.7\n.target sm_90\n.address_size 64\n"
        + cases().map(Case::ptx).collect(Collectors.joining());
  }

  static String olderModule() {
    return ".version 6.5\n.target sm_75\n.address_size 64\n"
        + quarters().map(Case::ptx).collect(Collectors.joining());
  }

  private double[] numbers(String type, int count) {
    return MatrixNumbers.random(random, type, count);
  }

  /// Words of all lanes, where an element of a matrix goes by its number.
  private static int[] words(String type, double[] values, int each, IntUnaryOperator place) {
    int[] all = new int[32 * each];
    int bits = bits(type);
    for (int i = 0; i < values.length; i++) {
      int at = place.applyAsInt(i) * bits;
      all[at / 32] |= (int) encode(type, values[i]) << (at % 32);
    }
    return all;
  }

  /// Which element of all lanes' one of A is: w of a word lie in a row.
  private static int left(int i, int columns, int w, int registers) {
    int row = i / columns;
    int column = i % columns;
    int lane = row % 8 * 4 + column / w % 4;
    int register = row / 8 + 2 * (column / w / 4);
    return (lane * registers + register) * w + column % w;
  }

  private static int right(int i, int w, int registers) {
    int row = i / 8;
    int lane = i % 8 * 4 + row / w % 4;
    return (lane * registers + row / w / 4) * w + row % w;
  }

  private static int sum(int i) {
    int lane = i / 8 % 8 * 4 + i % 8 / 2;
    return lane * 4 + i / 64 * 2 + i % 2;
  }

  private static double result(Case of, int[] words, int at) {
    int each = 32 / bits(of.type(0));
    return decode(of.type(0), words[at / each] >>> (at % each * 16));
  }

  private int[] run(String module, Case of, int[] c, int[] a, int[] b, int[] metadata) {
    TestDevice device = new TestDevice(Options.standard(), module, "mma");
    long d = device.ints("d", c);
    device.launch(
        of.label(),
        new Dim3(1),
        new Dim3(32),
        d,
        device.ints("a", a),
        device.ints("b", b),
        device.ints("e", metadata));
    return device.ints(d, c.length);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void products(Case of) {
    int k = of.k;
    double[] a = numbers(of.type(1), 16 * k);
    double[] b = numbers(of.type(2), 8 * k);
    double[] c = numbers(of.type(0), 128);
    int[] metadata = random.ints(32).toArray();
    double[] stored = of.sparse ? thin(random, a, k, of.type(1), of.selector, metadata) : a;
    int wa = 32 / bits(of.type(1));
    int wb = 32 / bits(of.type(2));
    int columns = stored.length / 16;
    int[] got =
        run(
            module(),
            of,
            words(of.type(0), c, of.registers[0], MmaTest::sum),
            words(of.type(1), stored, of.registers[1], i -> left(i, columns, wa, of.registers[1])),
            words(of.type(2), b, of.registers[2], i -> right(i, wb, of.registers[2])),
            metadata);
    for (int i = 0; i < 128; i++) {
      double wanted = c[i];
      for (int j = 0; j < k; j++) {
        wanted += a[i / 8 * k + j] * b[j * 8 + i % 8];
      }
      assertThat(result(of, got, sum(i))).as("element %d", i).isEqualTo(wanted);
    }
  }

  /// Where element i of a lane belongs; lanes 0 to 3 and 16 to 19 have the first matrix.
  @ParameterizedTest
  @MethodSource("quarters")
  void fourSmallProducts(Case of) {
    boolean rowsA = of.name.contains("k4.row");
    boolean rowsB = of.name.endsWith("row");
    double[] a = numbers("f16", 4 * 32);
    double[] b = numbers("f16", 4 * 32);
    double[] c = numbers("f16", 4 * 64);
    int[] wordsA = new int[64];
    int[] wordsB = new int[64];
    int[] sums = new int[32 * of.registers[0]];
    boolean wide = of.type(0).equals("f32");
    for (int lane = 0; lane < 32; lane++) {
      int one = lane % 16 / 4;
      int half = lane < 16 ? 0 : 4;
      for (int i = 0; i < 4; i++) {
        int row = rowsA ? lane % 4 + half : i + half;
        int column = rowsA ? i : lane % 4;
        int other = rowsB ? lane % 4 : i;
        int across = rowsB ? i + half : lane % 4 + half;
        int shift = i % 2 * 16;
        wordsA[2 * lane + i / 2] |= (int) encode("f16", a[one * 32 + row * 4 + column]) << shift;
        wordsB[2 * lane + i / 2] |= (int) encode("f16", b[one * 32 + other * 8 + across]) << shift;
      }
      for (int i = 0; i < 8; i++) {
        double v = c[quarter(lane, i, wide)];
        int at = lane * 8 + i;
        sums[wide ? at : at / 2] |= (int) encode(of.type(0), v) << (wide ? 0 : i % 2 * 16);
      }
    }
    int[] got = run(olderModule(), of, sums, wordsA, wordsB, new int[32]);
    for (int lane = 0; lane < 32; lane++) {
      for (int i = 0; i < 8; i++) {
        int at = quarter(lane, i, wide);
        double wanted = c[at];
        for (int j = 0; j < 4; j++) {
          wanted += a[at / 64 * 32 + at % 64 / 8 * 4 + j] * b[at / 64 * 32 + j * 8 + at % 8];
        }
        assertThat(result(of, got, lane * 8 + i)).as("%d %d", lane, i).isEqualTo(wanted);
      }
    }
  }

  private static int quarter(int lane, int i, boolean wide) {
    int half = lane < 16 ? 0 : 4;
    int row = half + (wide ? lane % 2 + i / 2 % 2 * 2 : lane % 4);
    int column = wide ? i / 4 * 4 + lane / 2 % 2 * 2 + i % 2 : i;
    return lane % 16 / 4 * 64 + row * 8 + column;
  }
}
