package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// One-line mutants of the PTX that ships: each is caught, by a check or by other results.
@Tag("slow")
class MutantTest {
  /// A shipped kernel and a launch of it whose sizes fit no tile.
  enum Scenario {
    COLUMN_SUM("column_sum", "column_sum") {
      @Override
      float[] run(TestDevice device) {
        long sums = device.floats("sums", numbers(70, 2));
        Dim3 grid = new Dim3(3, 1);
        device.launch(kernel, grid, new Dim3(256), x(device, 50 * 70), sums, 50, 70, 50, 1);
        return device.floats(sums, 70);
      }
    },
    NORM_ROOT("norm", "norm_root") {
      @Override
      float[] run(TestDevice device) {
        long out = device.memory().allocate(4, "out");
        device.launch(kernel, new Dim3(1), new Dim3(256), x(device, 700), out, 700);
        return device.floats(out, 1);
      }
    },
    LINEAR("linear", "linear") {
      @Override
      float[] run(TestDevice device) {
        return linear(device);
      }
    },
    /// Two images in a block and one in the next, of a MADE of 5 pixels and 6 units.
    MADE_SAMPLE("made_sample", "made_sample_2") {
      @Override
      float[] run(TestDevice device) {
        int[] plan = {
          1,
          16, // a hidden layer; the state of an image, each part aligned to 4 floats
          5,
          0,
          30,
          8, // inputs, weight, bias, where its units begin
          6,
          36,
          66,
          16,
          0,
          2,
          3,
          5,
          6,
          6 // units that are known after so many pixels
        };
        float[] flat = numbers(71, 2);
        for (int k = 0; k < flat.length; k++) {
          flat[k] -= 0.7f;
        }
        long parameters = device.floats("flat", flat);
        long draw = device.floats("draw", 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0);
        long pixels = device.floats("pixels", 1, 0, 9, 9, 9, 0, 1, 9, 9, 9, 1, 1, 9, 9, 9);
        long logits = device.memory().allocate(15 * 4, "logits");
        device.launch(
            kernel,
            new Dim3(2),
            new Dim3(256),
            2 * 16 * 4,
            false,
            List.of(parameters, device.ints("plan", plan), draw, 0.8f, 2, pixels, logits, 3, 5));
        return join(device.floats(pixels, 15), device.floats(logits, 15));
      }
    },
    /// Nine blocks, the last of which has six units, and K of two stages.
    LSTM_SAMPLE("lstm_sample", "lstm_sample_8") {
      @Override
      float[] run(TestDevice device) {
        int hidden = 70;
        int images = 2;
        int length = 3;
        long state = device.floats("state", new float[3 * images * hidden]);
        float[] known = new float[images * length];
        known[0] = 1;
        long pixels = device.floats("pixels", known);
        long logits = device.memory().allocate(4L * images * length, "logits");
        device.launch(
            kernel,
            new Dim3(9),
            new Dim3(256),
            (128 * 32 + 64 * 68 + 128) * 4,
            true,
            List.of(
                device.floats("wx", centred(4 * hidden * 3, 2)),
                device.floats("bx", centred(4 * hidden, 3)),
                device.floats("wh", centred(4 * hidden * hidden, 4)),
                device.floats("bh", centred(4 * hidden, 5)),
                device.floats("head", centred(hidden, 6)),
                device.floats("head_bias", 0.25f),
                device.floats("draw", 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0),
                0.8f,
                1,
                state,
                state + 2L * images * hidden * 4,
                pixels,
                logits,
                images,
                hidden,
                length,
                3,
                2));
        return join(device.floats(pixels, known.length), device.floats(logits, known.length));
      }
    },
    LINEAR_TF32("linear_tf32", "linear_tf32") {
      @Override
      float[] run(TestDevice device) {
        return linear(device);
      }
    },
    LINEAR_BF16("linear_bf16", "linear_bf16") {
      @Override
      float[] run(TestDevice device) {
        return linear(device);
      }
    },
    CAUSAL_CONV1D("causal_conv1d", "causal_conv1d") {
      @Override
      float[] run(TestDevice device) {
        long w = device.floats("w", numbers(2 * 66 * 20, 3));
        long b = device.floats("b", numbers(66, 4));
        long y = device.memory().allocate(70 * 66 * 4, "y");
        Dim3 grid = new Dim3(4, 1);
        device.launch(
            kernel,
            grid,
            new Dim3(128),
            x(device, 70 * 20),
            w,
            b,
            y,
            0L,
            70,
            20,
            66,
            2,
            3,
            35,
            1000);
        return device.floats(y, 70 * 66);
      }
    },
    CAUSAL_CONV1D_DX("causal_conv1d", "causal_conv1d_dx") {
      @Override
      float[] run(TestDevice device) {
        long w = device.floats("w", numbers(2 * 20 * 66, 3));
        long dx = device.floats("dx", numbers(70 * 66, 5));
        Dim3 grid = new Dim3(4, 1);
        device.launch(
            kernel,
            grid,
            new Dim3(128),
            x(device, 70 * 20),
            w,
            dx,
            0,
            0L,
            70,
            66,
            20,
            2,
            3,
            35,
            1000);
        return device.floats(dx, 70 * 66);
      }
    },
    CAUSAL_CONV1D_DW("causal_conv1d", "causal_conv1d_dw") {
      @Override
      float[] run(TestDevice device) {
        long dy = device.floats("dy", numbers(70 * 20, 2));
        long dw = device.floats("dw", numbers(2 * 20 * 66, 5));
        Dim3 grid = new Dim3(4, 1);
        device.launch(
            kernel,
            grid,
            new Dim3(128),
            dy,
            x(device, 70 * 66),
            dw,
            0L,
            70,
            66,
            20,
            2,
            3,
            35,
            1000);
        return device.floats(dw, 2 * 20 * 66);
      }
    },
    RESIDUAL_BLOCK_G("residual_block", "residual_block_g") {
      @Override
      float[] run(TestDevice device) {
        float[] small = numbers(2 * 42 * 21, 3); // so that neither tanh nor σ is 1
        for (int k = 0; k < small.length; k++) {
          small[k] /= 32;
        }
        long w = device.floats("w", small);
        long b = device.floats("b", numbers(42, 4));
        long ts = device.memory().allocate(70 * 42 * 4, "ts");
        long g = device.memory().allocate(70 * 21 * 4, "g");
        Dim3 grid = new Dim3(2, 1);
        device.launch(
            kernel,
            grid,
            new Dim3(128),
            x(device, 70 * 21),
            w,
            b,
            ts,
            g,
            0L,
            70,
            21,
            2,
            3,
            35,
            1000);
        return device.floats(g, 70 * 21);
      }
    },
    ATTENTION("causal_attention", "causal_attention_16") {
      @Override
      float[] run(TestDevice device) {
        return attention(device);
      }
    },
    ATTENTION_TF32("causal_attention_tf32", "causal_attention_16_tf32") {
      @Override
      float[] run(TestDevice device) {
        return attention(device);
      }
    },
    ATTENTION_BF16("causal_attention_bf16", "causal_attention_16_bf16") {
      @Override
      float[] run(TestDevice device) {
        return attention(device);
      }
    };

    final String file;
    final String kernel;

    Scenario(String file, String kernel) {
      this.file = file;
      this.kernel = kernel;
    }

    abstract float[] run(TestDevice device);

    /// Warp instructions that are surely enough.
    long steps() {
      return this == LSTM_SAMPLE ? 20_000_000 : 2_000_000;
    }

    String ptx() {
      return TestDevice.text("/dev/hindsight/ptx/" + file + ".ptx");
    }

    float[] linear(TestDevice device) {
      long w = device.floats("w", numbers(66 * 41, 3));
      long b = device.floats("b", numbers(66, 4));
      long y = device.memory().allocate(70 * 66 * 4, "y");
      Dim3 grid = new Dim3(4, 1);
      device.launch(
          kernel, grid, new Dim3(128), x(device, 70 * 41), w, b, y, 0L, 70, 41, 66, 0, 1000);
      return device.floats(y, 70 * 66);
    }

    static float[] join(float[] pixels, float[] logits) {
      float[] all = Arrays.copyOf(logits, logits.length + pixels.length);
      for (int k = 0; k < pixels.length; k++) {
        all[logits.length + k] = 1 + pixels[k]; // a black pixel is a result too
      }
      return all;
    }

    /// Around 0.
    static float[] centred(int count, long seed) {
      float[] values = numbers(count, seed);
      for (int k = 0; k < count; k++) {
        values[k] -= 0.75f;
      }
      return values;
    }

    float[] attention(TestDevice device) {
      long y = device.memory().allocate(130 * 13 * 4, "y");
      long lse = device.memory().allocate(130 * 4, "lse");
      long qkv = x(device, 130 * 3 * 13);
      device.launch(kernel, new Dim3(2, 1), new Dim3(224), qkv, y, lse, 1, 130, 1, 13);
      return device.floats(y, 130 * 13);
    }

    private static long x(TestDevice device, int count) {
      return device.floats("x", numbers(count, 1));
    }
  }

  /// The `nth` place (from 0) in the kernel where `find` matches becomes `change`.
  ///
  /// @param caughtBy kind of the first finding, or "other results" where only these tell
  record Mutant(
      String name, String caughtBy, Scenario scenario, String find, int nth, String change) {
    String ptx() {
      String all = scenario.ptx();
      int from = all.indexOf(".entry " + scenario.kernel + "(");
      int to = all.indexOf("\n}", from);
      Matcher matcher = Pattern.compile(find).matcher(all).region(from, to);
      for (int i = 0; i <= nth; i++) {
        assertThat(matcher.find()).as("%s: place %d of %s", name, i, find).isTrue();
      }
      StringBuilder out = new StringBuilder(all.substring(0, matcher.start()));
      String changed = matcher.group().replaceFirst(find, change);
      return out.append(changed).append(all.substring(matcher.end())).toString();
    }

    @Override
    public String toString() {
      return scenario.kernel + ": " + name;
    }
  }

  private static final String BARRIER = "bar\\.sync\\s+0;";

  static Stream<Mutant> mutants() {
    return Stream.of(
            columnSum(),
            normRoot(),
            linear(),
            madeSample(),
            lstmSample(),
            tensorCores(Scenario.LINEAR_TF32),
            tensorCores(Scenario.LINEAR_BF16),
            looksBack(Scenario.CAUSAL_CONV1D),
            looksBack(Scenario.RESIDUAL_BLOCK_G),
            looksAhead(),
            weightsOfTaps(),
            attention(),
            attentionOnTensorCores(Scenario.ATTENTION_TF32),
            attentionOnTensorCores(Scenario.ATTENTION_BF16))
        .flatMap(List::stream);
  }

  private static List<Mutant> columnSum() {
    Scenario s = Scenario.COLUMN_SUM;
    return List.of(
        new Mutant("barrier deleted", "UNINITIALISED", s, BARRIER, 0, ""),
        new Mutant(
            "rows of part overlap", "SHARED_RACE", s, "shl\\.b32(.*), 7;", 0, "shl.b32$1, 6;"),
        new Mutant(
            "store one float on",
            "OUT_OF_BOUNDS",
            s,
            "st\\.shared\\.f32(.*)(%r\\d+)\\]",
            0,
            "st.shared.f32$1$2+4]"),
        new Mutant("index widened", "other results", s, "shl\\.b64(.*), 2;", 0, "shl.b64$1, 3;"),
        new Mutant(
            "output index widened", "OUT_OF_BOUNDS", s, "shl\\.b64(.*), 2;", 2, "shl.b64$1, 3;"),
        new Mutant(
            "column guard off by one", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 0, "setp.gt.s32"),
        new Mutant(
            "accumulate flipped",
            "other results",
            s,
            "setp\\.eq\\.s32(.*, 0;\\s+@%p\\d+ bra\\s+\\$L__BB0_11)",
            0,
            "setp.ne.s32$1"),
        new Mutant("row loop runs on", "OUT_OF_BOUNDS", s, "setp\\.lt\\.s32", 0, "setp.le.s32"),
        new Mutant("reads past part", "OUT_OF_BOUNDS", s, "\\+896\\]", 0, "+1024]"),
        new Mutant("reads one partial twice", "other results", s, "\\+256\\]", 0, "+128]"));
  }

  private static List<Mutant> normRoot() {
    Scenario s = Scenario.NORM_ROOT;
    return List.of(
        new Mutant("barrier deleted", "UNINITIALISED", s, BARRIER, 0, ""),
        new Mutant(
            "shuffle distance", "other results", s, "(mov\\.u32\\s+%r\\d+), 16;", 0, "$1, 8;"),
        new Mutant("butterfly becomes up", "other results", s, "sync\\.bfly", 0, "sync.up"),
        new Mutant(
            "half a member mask", "BAD_MASK", s, "(mov\\.u32\\s+%r\\d+), -1;", 0, "$1, 65535;"),
        new Mutant("stride too short", "other results", s, "(add\\.s64.*), 1024;", 0, "$1, 1020;"),
        new Mutant("stride misaligned", "MISALIGNED", s, "(add\\.s64.*), 1024;", 0, "$1, 1022;"),
        new Mutant("one warp counts twice", "other results", s, "warps\\+8\\]", 0, "warps+4]"),
        new Mutant("no root", "other results", s, "sqrt\\.rn\\.f32", 0, "abs.f32"));
  }

  private static List<Mutant> linear() {
    Scenario s = Scenario.LINEAR;
    return List.of(
        new Mutant("first barrier deleted", "SHARED_RACE", s, BARRIER, 0, ""),
        new Mutant("barrier of the loop deleted", "SHARED_RACE", s, BARRIER, 1, ""),
        new Mutant("store one float on", "UNINITIALISED", s, "\\+272\\], %f", 0, "+276], %f"),
        new Mutant(
            "load misaligned", "MISALIGNED", s, "(ld\\.shared\\.v4\\.f32.*)\\+16\\]", 0, "$1+8]"),
        new Mutant(
            "load of another k",
            "other results",
            s,
            "(ld\\.shared\\.v4\\.f32.*)\\+272\\]",
            0,
            "$1+544]"),
        new Mutant(
            "index widened",
            "OUT_OF_BOUNDS",
            s,
            "(mul\\.wide\\.s32\\s+%rd\\d+, %r\\d+), %r\\d+;",
            0,
            "$1, 43;"),
        new Mutant(
            "a product with a wrong sum",
            "other results",
            s,
            "fma\\.rn\\.f32\\s+(%f\\d+), (%f\\d+), (%f\\d+), %f\\d+;",
            40,
            "fma.rn.f32 $1, $2, $3, $3;"));
  }

  private static List<Mutant> madeSample() {
    Scenario s = Scenario.MADE_SAMPLE;
    return List.of(
        new Mutant("barrier behind the clearing deleted", "SHARED_RACE", s, BARRIER, 0, ""),
        new Mutant("barrier before the pixel deleted", "UNINITIALISED", s, BARRIER, 1, ""),
        new Mutant("barrier behind the pixel deleted", "SHARED_RACE", s, BARRIER, 2, ""),
        new Mutant(
            "white where black",
            "other results",
            s,
            "(selp\\.f32.*)0f3F800000, 0f00000000",
            0,
            "$10f00000000, 0f3F800000"),
        new Mutant("another round of Philox", "other results", s, "-766435501", 0, "-766435503"));
  }

  private static List<Mutant> lstmSample() {
    Scenario s = Scenario.LSTM_SAMPLE;
    return List.of(
        new Mutant("barrier before a stage deleted", "SHARED_RACE", s, BARRIER, 0, ""),
        new Mutant("barrier behind a stage deleted", "SHARED_RACE", s, BARRIER, 1, ""),
        new Mutant("barrier before the result deleted", "SHARED_RACE", s, BARRIER, 2, ""),
        new Mutant("barrier behind the logits deleted", "SHARED_RACE", s, BARRIER, 4, ""),
        new Mutant("barrier behind the pixels deleted", "SHARED_RACE", s, BARRIER, 5, ""),
        new Mutant(
            "load of another k",
            "other results",
            s,
            "(ld\\.shared\\.f32.*)\\+272\\]",
            0,
            "$1+544]"));
  }

  private static List<Mutant> tensorCores(Scenario s) {
    return List.of(
        new Mutant("barrier of the loop deleted", "SHARED_RACE", s, BARRIER, 1, ""),
        new Mutant(
            "words of a fragment exchanged",
            "other results",
            s,
            "(mma\\.sync[^;]*\\{)(%r\\d+), (%r\\d+)(\\}[^;]*);",
            3,
            "$1$3, $2$4;"),
        new Mutant(
            "rows of a fragment exchanged",
            "other results",
            s,
            "(mma\\.sync[^;]*\\{)(%r\\d+), (%r\\d+)(, %r\\d+, %r\\d+\\}[^;]*);",
            5,
            "$1$3, $2$4;"),
        new Mutant(
            "a fragment's row", "other results", s, "(ld\\.shared\\.u32.*)\\+32\\]", 0, "$1+36]"),
        new Mutant(
            "a fragment's word", "other results", s, "(ld\\.shared\\.u32.*)\\+272\\]", 0, "$1]"),
        new Mutant(
            "another lane's columns",
            "other results",
            s,
            "(shfl\\.sync\\.bfly\\.b32[^;]*), (%r\\d+|1), (%r\\d+|31), (%r\\d+|-1);",
            2, // the first two are those of split-K
            "$1, 2, $3, $4;"));
  }

  /// The guard of what lies before a sequence, in the first step and in the others, and the walk
  /// from tap to tap.
  private static List<Mutant> looksBack(Scenario s) {
    String before = "setp\\.lt\\.s32(.*), 0;";
    String nextTap = "setp\\.eq\\.s32(\\s+%p\\d+, %r\\d+, %r\\d+);";
    return List.of(
        new Mutant("sees a row too many", "OUT_OF_BOUNDS", s, before, 0, "setp.lt.s32$1, -1;"),
        new Mutant(
            "sees a row too many, later", "OUT_OF_BOUNDS", s, before, 1, "setp.lt.s32$1, -1;"),
        new Mutant("sees a row too few", "other results", s, before, 0, "setp.lt.s32$1, 1;"),
        new Mutant("sees what it must not", "OUT_OF_BOUNDS", s, before, 0, "setp.gt.s32$1, 0;"),
        new Mutant("row behind the last", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 2, "setp.gt.s32"),
        new Mutant("tap goes on at once", "OUT_OF_BOUNDS", s, nextTap, 1, "setp.ne.s32$1;"));
  }

  private static List<Mutant> looksAhead() {
    Scenario s = Scenario.CAUSAL_CONV1D_DX;
    return List.of(
        new Mutant("sees behind the last", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 3, "setp.gt.s32"),
        new Mutant(
            "sees behind the last, later", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 5, "setp.gt.s32"),
        new Mutant("sees the others", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 3, "setp.le.s32"));
  }

  private static List<Mutant> weightsOfTaps() {
    Scenario s = Scenario.CAUSAL_CONV1D_DW;
    String guard = "setp\\.ge\\.s32(\\s+%p\\d+), (%r\\d+), (%r\\d+);";
    return List.of(
        new Mutant("no guard", "OUT_OF_BOUNDS", s, guard, 2, "setp.ge.s32$1, $3, $3;"),
        new Mutant("a row too few", "other results", s, guard, 2, "setp.gt.s32$1, $2, $3;"),
        new Mutant("a row too few, later", "other results", s, guard, 6, "setp.gt.s32$1, $2, $3;"));
  }

  private static List<Mutant> attention() {
    Scenario s = Scenario.ATTENTION;
    return List.of(
        new Mutant("a chunk over one that is read", "SHARED_RACE", s, BARRIER, 0, ""),
        new Mutant("a chunk read too early", "SHARED_RACE", s, BARRIER, 1, ""),
        new Mutant("values over scores that are read", "SHARED_RACE", s, BARRIER, 2, ""),
        new Mutant("values read too early", "SHARED_RACE", s, BARRIER, 3, ""),
        new Mutant(
            "the diagonal itself is not seen",
            "other results",
            s,
            "setp\\.gt\\.s32(\\s+%p66)",
            0,
            "setp.ge.s32$1"),
        new Mutant("no power", "other results", s, "ex2\\.approx\\.f32", 0, "abs.f32"));
  }

  private static List<Mutant> attentionOnTensorCores(Scenario s) {
    return List.of(
        new Mutant("a chunk read too early", "UNINITIALISED", s, BARRIER, 1, ""),
        new Mutant(
            "words of a fragment exchanged",
            "other results",
            s,
            "(mma\\.sync[^;]*\\{)(%r\\d+), (%r\\d+)(\\}[^;]*);",
            2,
            "$1$3, $2$4;"),
        new Mutant(
            "P in other slots",
            "other results",
            s,
            "(mma\\.sync[^;]*\\{%r\\d+, )(%r\\d+), (%r\\d+)(, %r\\d+\\}[^;]*);",
            14,
            "$1$3, $2$4;"));
  }

  private static float[] numbers(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = 0.25f + random.nextFloat();
    }
    return values;
  }

  private static float[] run(Scenario scenario, String ptx) {
    Options options = Options.standard().withStepBudget(scenario.steps());
    return scenario.run(new TestDevice(options, ptx, scenario.file));
  }

  @ParameterizedTest
  @EnumSource
  void theKernelItselfIsClean(Scenario scenario) {
    assertThat(run(scenario, scenario.ptx())).doesNotContain(0f);
  }

  @Test
  void blocksInParallelGiveTheReportOfBlocksInOrder() {
    Mutant mutant = linear().getFirst();
    String alone = firstReport(mutant, 1);
    for (int i = 0; i < 20; i++) {
      assertThat(firstReport(mutant, 4)).isEqualTo(alone);
    }
  }

  private static String firstReport(Mutant mutant, int threads) {
    TestDevice device =
        new TestDevice(Options.standard().withThreads(threads), mutant.ptx(), mutant.scenario.file);
    DeviceFault thrown = catchThrowableOfType(DeviceFault.class, () -> mutant.scenario.run(device));
    return thrown.first().headline() + thrown.first().details() + thrown.first().block();
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void isCaught(Mutant mutant) {
    float[] wanted = run(mutant.scenario, mutant.scenario.ptx());
    float[] got;
    try {
      got = run(mutant.scenario, mutant.ptx());
    } catch (DeviceFault found) {
      assertThat(found.first().kind().name()).isEqualTo(mutant.caughtBy);
      return;
    }
    assertThat(got).as(mutant + " gives the same bits and no finding").isNotEqualTo(wanted);
    assertThat("other results").isEqualTo(mutant.caughtBy);
  }
}
