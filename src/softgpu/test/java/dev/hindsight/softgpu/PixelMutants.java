package dev.hindsight.softgpu;

import dev.hindsight.softgpu.MutantTest.Mutant;
import java.util.List;

/// One-line mutants of the kernel that draws whole images pixel by pixel.
final class PixelMutants {
  private static final String BARRIER = MutantTest.BARRIER;

  /// Where a phase is looked up.
  private static final String PHASE = "mul\\.wide\\.s32(\\s+)(%rd\\d+), (%r\\d+), 16;";

  /// Whether a pixel lies so far from the start that the one that is meant exists.
  private static final String EXISTS =
      "(ld\\.global\\.nc\\.u32\\s+%r\\d+, \\[%rd\\d+\\+56\\];\\s+)setp\\.gt\\.s32";

  /// Which entry of a ring is the pixel that is meant.
  private static final String ENTRY =
      "sub\\.s32(\\s+)(%r\\d+)(, %r\\d+, %r\\d+);((?:[^;]*;){0,14}?\\s*)rem\\.s32(\\s+%r\\d+), \\2,";

  private static final String NEXT_ENTRY = "sub.s32$1$2$3;$1add.s32 $2, $2, 1;$4rem.s32$5, $2,";

  private static final String QUOTIENT = "mul\\.hi\\.u32(\\s+%r\\d+, %r\\d+), ";

  private static final String WARP = "bar\\.warp\\.sync\\s+-1;";

  /// How many parts a sum has.
  private static final String COUNT = "(ld\\.shared\\.u32\\s+(%r\\d+), \\[\\w+\\+)44748\\];";

  private static final String ONE_LESS = "$144748]; sub.s32 $2, $2, 1;";

  private PixelMutants() {}

  static List<Mutant> layers() {
    ShippedKernel s = ShippedKernel.PIXEL_SAMPLE;
    return List.of(
        new Mutant("a tile before it is looked up", "UNINITIALISED", s, BARRIER, 0, ""),
        new Mutant("the next tile looked up too early", "SHARED_RACE", s, BARRIER, 10, ""),
        new Mutant("a step read before it is copied", "SHARED_RACE", s, WARP, 0, ""),
        new Mutant("inputs brought in too early", "SHARED_RACE", s, BARRIER, 1, ""),
        new Mutant("inputs normed too early", "UNINITIALISED", s, BARRIER, 2, ""),
        new Mutant("inputs multiplied before their norm", "SHARED_RACE", s, BARRIER, 3, ""),
        new Mutant("sums read too early", "UNINITIALISED", s, BARRIER, 4, ""),
        new Mutant("first layer before the draw", "SHARED_RACE", s, BARRIER, 9, ""),
        new Mutant(
            "no barrier over the grid",
            "UNINITIALISED",
            s,
            LstmMutants.GRID_BARRIER,
            0,
            LstmMutants.NO_GRID_BARRIER),
        new Mutant(
            "phases in another order",
            "UNINITIALISED",
            s,
            PHASE,
            0,
            "mul.wide.s32$1$2, $3, 32; rem.u64 $2, $2, 80;"), // 0, 2, 4, 1, 3, of 16 bytes each
        new Mutant(
            "a row's phases a pixel late",
            "OUT_OF_BOUNDS",
            s,
            "(rem\\.s32\\s+(%r\\d+), %r\\d+, %r\\d+;\\s+(?:\\.loc[^\\n]*\\s+)*setp\\.ne\\.s32\\s+%p\\d+, \\2), 0;",
            0,
            "$1, 1;"),
        new Mutant("the pixel after", "UNINITIALISED", s, ENTRY, 0, NEXT_ENTRY),
        new Mutant("a past too few", "other results", s, EXISTS, 0, "$1setp.ge.s32"),
        new Mutant("another image", "OUT_OF_BOUNDS", s, QUOTIENT, 1, "mul.lo.u32$1, "),
        new Mutant("another term", "OUT_OF_BOUNDS", s, QUOTIENT, 7, "mul.lo.u32$1, "),
        new Mutant(
            "rows without ends",
            "other results",
            s,
            "selp\\.u16(\\s+%rs\\d+), 1, 0, ",
            0,
            "selp.u16$1, 1, 1, "));
  }

  static List<Mutant> attends() {
    ShippedKernel s = ShippedKernel.PIXEL_SAMPLE_ATTENDS;
    return List.of(
        new Mutant("a perceptron's inputs normed too early", "UNINITIALISED", s, BARRIER, 2, ""),
        new Mutant("hidden units before the norm", "SHARED_RACE", s, BARRIER, 3, ""),
        new Mutant("hidden units before their sums", "UNINITIALISED", s, BARRIER, 4, ""),
        new Mutant("hidden units passed on too early", "SHARED_RACE", s, BARRIER, 5, ""),
        new Mutant("a head's inputs normed too early", "SHARED_RACE", s, BARRIER, 6, ""),
        new Mutant("query before the norm", "SHARED_RACE", s, BARRIER, 7, ""),
        new Mutant("query read too early", "SHARED_RACE", s, BARRIER, 8, ""),
        new Mutant("keys read too early", "UNINITIALISED", s, BARRIER, 9, ""),
        new Mutant("inputs of a logit normed too early", "SHARED_RACE", s, BARRIER, 11, ""),
        new Mutant("inputs of a logit read too early", "SHARED_RACE", s, BARRIER, 12, ""),
        new Mutant("groups of keys summed up too early", "SHARED_RACE", s, BARRIER, 14, ""),
        new Mutant("a head passed on too early", "SHARED_RACE", s, BARRIER, 18, ""),
        new Mutant(
            "no barrier over the grid",
            "UNINITIALISED",
            s,
            LstmMutants.GRID_BARRIER,
            0,
            LstmMutants.NO_GRID_BARRIER),
        new Mutant(
            "parts read a phase before they are there",
            "UNINITIALISED",
            s,
            PHASE,
            0,
            "mul.wide.s32$1$2, $3, 48; rem.u64 $2, $2, 64;"), // 0, 3, 2, 1
        new Mutant("a logit without a part", "other results", s, COUNT, 5, ONE_LESS),
        new Mutant("a head's input without a part", "other results", s, COUNT, 3, ONE_LESS),
        new Mutant("a perceptron's input without a part", "other results", s, COUNT, 2, ONE_LESS),
        new Mutant(
            "its own key is not seen",
            "other results",
            s,
            "setp\\.gt\\.u32(\\s+%p\\d+, %r\\d+, %r)",
            0,
            "setp.ge.u32$1"),
        new Mutant(
            "keys that nobody has written",
            "UNINITIALISED",
            s,
            "min\\.u32(\\s+%r\\d+, )(%r\\d+), %r\\d+;",
            0,
            "mov.u32$1$2;"));
  }
}
