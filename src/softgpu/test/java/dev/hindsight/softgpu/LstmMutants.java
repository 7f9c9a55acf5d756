package dev.hindsight.softgpu;

import dev.hindsight.softgpu.MutantTest.Mutant;
import java.util.List;
import java.util.stream.Stream;

/// One-line mutants of the kernels that keep the weights of an LSTM on the chip.
final class LstmMutants {
  private static final String BARRIER = MutantTest.BARRIER;

  /// Where a block waits until all have come to a barrier over the grid.
  static final String GRID_BARRIER = "setp\\.gt\\.s32(\\s+%p\\d+, %r\\d+), -1;";

  static final String NO_GRID_BARRIER = "setp.gt.s32$1, 2147483647;";

  private LstmMutants() {}

  static List<Mutant> sample() {
    ShippedKernel s = ShippedKernel.LSTM_SAMPLE;
    return List.of(
        new Mutant("barrier before a stage deleted", "SHARED_RACE", s, BARRIER, 0, ""),
        new Mutant("barrier behind a stage deleted", "UNINITIALISED", s, BARRIER, 1, ""),
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

  private static List<Mutant> both(ShippedKernel s, String early) {
    return List.of(
        new Mutant("sums read too early", early, s, BARRIER, 0, ""),
        new Mutant("sums overwritten early", "SHARED_RACE", s, BARRIER, 1, ""),
        MutantTest.wordsExchanged(s, 3),
        MutantTest.rowsExchanged(s, 5),
        new Mutant(
            "a sum that is lost",
            "other results",
            s,
            "st\\.shared\\.f32(.*)\\+272\\], (%f\\d+);",
            0,
            "st.shared.f32$1+272], 0f3F800000;"),
        new Mutant(
            "a warp's sum twice",
            "other results",
            s,
            "(ld\\.shared\\.v4\\.f32.*)\\+4352\\]",
            0,
            "$1+2176]"));
  }

  static List<Mutant> resident() {
    ShippedKernel s = ShippedKernel.LSTM_RESIDENT_BF16;
    return Stream.concat(
            both(s, "SHARED_RACE").stream(),
            Stream.of(
                new Mutant(
                    "no barrier over the grid",
                    "UNINITIALISED",
                    s,
                    "(@%p\\d+ bra\\s+)\\$L__BB0_89;",
                    0,
                    "$1\\$L__BB0_66;"),
                new Mutant(
                    "the h of the first step again",
                    "other results",
                    s,
                    "add\\.s64(\\s+%rd17, %rd\\d+), %rd\\d+;",
                    0,
                    "add.s64$1, 0;")))
        .toList();
  }

  static List<Mutant> residentBackward() {
    ShippedKernel s = ShippedKernel.LSTM_RESIDENT_BACKWARD_BF16;
    return Stream.concat(
            both(s, "UNINITIALISED").stream(),
            Stream.of(
                new Mutant(
                    "does not wait for the chunks",
                    "other results",
                    s,
                    GRID_BARRIER,
                    0,
                    NO_GRID_BARRIER),
                new Mutant(
                    "does not wait for the gates",
                    "other results",
                    s,
                    GRID_BARRIER,
                    1,
                    NO_GRID_BARRIER),
                new Mutant(
                    "a chunk twice",
                    "other results",
                    s,
                    "add\\.s32(\\s+%r\\d+, %r\\d+), 1;",
                    0,
                    "add.s32$1, 0;"),
                new Mutant(
                    "chunks in another order",
                    "other results",
                    s,
                    "(?s)cvt\\.s64\\.s32(\\s+%rd\\d+), (%r\\d+);((?:(?!cvt\\.s64).)*)add\\.s32(\\s+%r\\d+), \\2, 1;",
                    0,
                    "mov.u64$1, 1;$3add.s32$4, $2, 0;")))
        .toList();
  }
}
