package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
  /// The `nth` place (from 0) in the kernel where `find` matches becomes `change`.
  ///
  /// @param caughtBy kind of the first finding, or "other results" where only these tell
  record Mutant(
      String name, String caughtBy, ShippedKernel scenario, String find, int nth, String change) {
    String ptx() {
      String all = alone(scenario);
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

  private static final Pattern ENTRY =
      Pattern.compile("^\\.visible \\.entry (\\w+)\\(.*?^\\}$", Pattern.MULTILINE | Pattern.DOTALL);

  private static final Map<ShippedKernel, String> ALONE = new EnumMap<>(ShippedKernel.class);
  private static final Map<ShippedKernel, float[]> WANTED = new EnumMap<>(ShippedKernel.class);

  /// The file as it ships, without its other kernels: loading those of attention takes longer than
  /// running one.
  private static String alone(ShippedKernel scenario) {
    return ALONE.computeIfAbsent(
        scenario,
        s ->
            ENTRY
                .matcher(s.ptx())
                .replaceAll(
                    entry ->
                        entry.group(1).equals(s.kernel)
                            ? Matcher.quoteReplacement(entry.group())
                            : ""));
  }

  static final String BARRIER = "bar\\.sync\\s+0;";

  static Stream<Mutant> mutants() {
    return Stream.of(
            columnSum(),
            normRoot(),
            linear(),
            ChunkMutants.of(ShippedKernel.LINEAR_CHUNKS),
            ChunkMutants.of(ShippedKernel.LINEAR_DW_LARGE_CHUNKS),
            ChunkMutants.ofOrder(),
            AsynchronousMutants.ofProduct(ShippedKernel.LINEAR_LARGE, 0),
            AsynchronousMutants.ofProduct(ShippedKernel.LINEAR_LARGE_BF16, 0),
            AsynchronousMutants.ofProduct(ShippedKernel.LINEAR_TALL_BF16, 1),
            AsynchronousMutants.ofKept(),
            madeSample(),
            LstmMutants.sample(),
            LstmMutants.resident(),
            LstmMutants.residentBackward(),
            PixelMutants.layers(),
            PixelMutants.attends(),
            tensorCores(ShippedKernel.LINEAR_TF32),
            tensorCores(ShippedKernel.LINEAR_BF16),
            looksBack(ShippedKernel.CAUSAL_CONV1D),
            looksBack(ShippedKernel.RESIDUAL_BLOCK_G),
            looksAhead(),
            looksThroughTaps(),
            weightsOfTaps(),
            attention(),
            attentionOnTensorCores(ShippedKernel.ATTENTION_TF32),
            AsynchronousMutants.ofAttention(
                ShippedKernel.ATTENTION_BF16, 6, "setp.gt.s32", 0, "setp.ge.s32"),
            AsynchronousMutants.ofAttention(
                ShippedKernel.ATTENTION_DQ_BF16, 12, "setp.gt.s32", 2, "setp.ge.s32"),
            AsynchronousMutants.ofAttention(
                ShippedKernel.ATTENTION_DKV_BF16, 12, "setp.lt.s32", 1, "setp.le.s32"),
            AsynchronousMutants.ofQueries(),
            AsynchronousMutants.ofHead())
        .flatMap(List::stream);
  }

  private static List<Mutant> columnSum() {
    ShippedKernel s = ShippedKernel.COLUMN_SUM;
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
    ShippedKernel s = ShippedKernel.NORM_ROOT;
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
    ShippedKernel s = ShippedKernel.LINEAR;
    return List.of(
        declaredAsFloats(s),
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
    ShippedKernel s = ShippedKernel.MADE_SAMPLE;
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

  static Mutant wordsExchanged(ShippedKernel s, int mma) {
    return new Mutant(
        "words of a fragment exchanged",
        "other results",
        s,
        "(mma\\.sync[^;]*\\{)(%r\\d+), (%r\\d+)(\\}[^;]*);",
        mma,
        "$1$3, $2$4;");
  }

  static Mutant rowsExchanged(ShippedKernel s, int mma) {
    return new Mutant(
        "rows of a fragment exchanged",
        "other results",
        s,
        "(mma\\.sync[^;]*\\{)(%r\\d+), (%r\\d+)(, %r\\d+, %r\\d+\\}[^;]*);",
        mma,
        "$1$3, $2$4;");
  }

  private static List<Mutant> tensorCores(ShippedKernel s) {
    return List.of(
        new Mutant("barrier of the loop deleted", "SHARED_RACE", s, BARRIER, 1, ""),
        wordsExchanged(s, 3),
        rowsExchanged(s, 5),
        new Mutant(
            "a fragment's row", "other results", s, "(ld\\.shared\\.u32.*)\\+32\\]", 0, "$1+36]"),
        new Mutant(
            "a fragment's word", "other results", s, "(ld\\.shared\\.u32.*)\\+272\\]", 0, "$1]"),
        new Mutant(
            "another lane's columns",
            "other results",
            s,
            "(shfl\\.sync\\.bfly\\.b32[^;]*), (%r\\d+|1), (%r\\d+|31), (%r\\d+|-1);",
            0,
            "$1, 2, $3, $4;"));
  }

  /// The guard of what lies before a sequence, in the first step and in the others, and the walk
  /// from tap to tap.
  private static List<Mutant> looksBack(ShippedKernel s) {
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
    ShippedKernel s = ShippedKernel.CAUSAL_CONV1D_DX;
    return List.of(
        new Mutant("sees behind the last", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 3, "setp.gt.s32"),
        new Mutant(
            "sees behind the last, later", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 5, "setp.gt.s32"),
        new Mutant("sees the others", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 3, "setp.le.s32"));
  }

  /// The guards of what lies beyond an image, in the first step and in the others, of the last row,
  /// and the gate.
  private static List<Mutant> looksThroughTaps() {
    ShippedKernel s = ShippedKernel.GATED_BLOCK_G;
    String outside = "setp\\.ge\\.u32";
    return List.of(
        new Mutant("sees above the image", "OUT_OF_BOUNDS", s, outside, 0, "setp.ge.s32"),
        new Mutant("sees above the image, later", "OUT_OF_BOUNDS", s, outside, 16, "setp.ge.s32"),
        new Mutant("sees the row below", "other results", s, outside, 17, "setp.gt.u32"),
        new Mutant("row behind the last", "OUT_OF_BOUNDS", s, "setp\\.ge\\.s32", 10, "setp.gt.s32"),
        new Mutant("no power", "other results", s, "ex2\\.approx\\.ftz\\.f32", 0, "abs.f32"));
  }

  private static List<Mutant> weightsOfTaps() {
    ShippedKernel s = ShippedKernel.CAUSAL_CONV1D_DW;
    String guard = "setp\\.ge\\.s32(\\s+%p\\d+), (%r\\d+), (%r\\d+);";
    return List.of(
        new Mutant("no guard", "OUT_OF_BOUNDS", s, guard, 2, "setp.ge.s32$1, $3, $3;"),
        new Mutant("a row too few", "other results", s, guard, 2, "setp.gt.s32$1, $2, $3;"),
        new Mutant("a row too few, later", "other results", s, guard, 6, "setp.gt.s32$1, $2, $3;"));
  }

  private static List<Mutant> attention() {
    ShippedKernel s = ShippedKernel.ATTENTION;
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
        new Mutant("no power", "other results", s, "ex2\\.approx\\.ftz\\.f32", 0, "abs.f32"),
        declaredAsFloats(s));
  }

  private static Mutant declaredAsFloats(ShippedKernel s) {
    return new Mutant(
        "buffers declared as floats",
        "UNDER_ALIGNED",
        s,
        "\\.shared \\.align 16",
        0,
        ".shared .align 4");
  }

  private static List<Mutant> attentionOnTensorCores(ShippedKernel s) {
    return List.of(
        declaredAsFloats(s),
        new Mutant("a chunk read too early", "UNINITIALISED", s, BARRIER, 1, ""),
        wordsExchanged(s, 2),
        new Mutant(
            "P in other slots",
            "other results",
            s,
            "(mma\\.sync[^;]*\\{%r\\d+, )(%r\\d+), (%r\\d+)(, %r\\d+\\}[^;]*);",
            14,
            "$1$3, $2$4;"));
  }

  private static float[] run(ShippedKernel scenario, String ptx) {
    return scenario.run(new TestDevice(scenario.options(), ptx, scenario.file));
  }

  /// Of the kernel as it ships, run once.
  private static float[] wanted(ShippedKernel scenario) {
    return WANTED.computeIfAbsent(scenario, s -> run(s, alone(s)));
  }

  @ParameterizedTest
  @EnumSource
  void theKernelItselfIsClean(ShippedKernel scenario) {
    assertThat(wanted(scenario)).doesNotContain(0f);
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

  /// Who waits for others asks again and again until its turn ends, so turns are short then.
  @Test
  void waitingForTheGridTakesFewSteps() {
    ShippedKernel scenario = ShippedKernel.PIXEL_SAMPLE;
    Options few = Options.standard().withStepBudget(500_000);
    assertThat(scenario.run(new TestDevice(few, scenario.ptx(), scenario.file)))
        .isEqualTo(wanted(scenario));
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void isCaught(Mutant mutant) {
    float[] wanted = wanted(mutant.scenario);
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
