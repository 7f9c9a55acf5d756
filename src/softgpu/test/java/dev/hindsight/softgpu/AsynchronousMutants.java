package dev.hindsight.softgpu;

import static dev.hindsight.softgpu.MutantTest.BARRIER;

import dev.hindsight.softgpu.MutantTest.Mutant;
import java.util.List;

/// Mutants of kernels that copy to shared memory asynchronously.
final class AsynchronousMutants {
  private AsynchronousMutants() {}

  /// Three stages, of which the loop awaits one, frees one and asks for another in each turn.
  ///
  /// @param first which barrier is the loop's
  static List<Mutant> ofProduct(ShippedKernel s, int first) {
    String commit = "cp\\.async\\.commit_group;";
    return List.of(
        new Mutant(
            "awaits a stage late",
            "MISSING_ASYNC_WAIT",
            s,
            "cp\\.async\\.wait_group 1;",
            0,
            "cp.async.wait_group 2;"),
        new Mutant("does not wait", "MISSING_ASYNC_WAIT", s, "cp\\.async\\.wait_group 1;", 0, ""),
        new Mutant("no commit before the loop", "MISSING_ASYNC_WAIT", s, commit, 1, ""),
        new Mutant("no commit in the loop", "MISSING_ASYNC_WAIT", s, commit, 2, ""),
        new Mutant("a stage overwritten early", "SHARED_RACE", s, BARRIER, first, ""),
        new Mutant( // the barrier before is that of chunks
            "sums over a stage that is read", "SHARED_RACE", s, BARRIER, first + 2, ""),
        new Mutant("sums read too early", "SHARED_RACE", s, BARRIER, first + 3, ""),
        new Mutant(
            "a copy's swizzle off by one",
            "SHARED_RACE",
            s,
            "xor\\.b32(\\s+%r\\d+, %r\\d+), 32;",
            5,
            "xor.b32$1, 16;"),
        new Mutant("reads behind the last row", "OUT_OF_BOUNDS", s, ", 16, %r\\d+;", 2, ", 16;"));
  }

  /// Tiles one below the other, for which B stays where it is.
  static List<Mutant> ofKept() {
    ShippedKernel s = ShippedKernel.LINEAR_TALL_KEPT;
    return List.of(
        new Mutant("stages over sums that are read", "SHARED_RACE", s, BARRIER, 0, ""),
        new Mutant("B goes round", "other results", s, ", -1, 16384,", 0, ", 16384, 16384,"));
  }

  /// Two stages, of which a turn awaits one and asks for the other. Two loops turn: for tiles that
  /// are whole, and for those that the diagonal runs through.
  ///
  /// @param guarded which guarded copy has rows behind the last
  /// @param behind how columns are compared where the diagonal runs, and which of such comparisons
  ///   is one
  static List<Mutant> ofAttention(
      ShippedKernel s, int guarded, String behind, int nth, String itselfToo) {
    String commit = "cp\\.async\\.commit_group;";
    String wait = "cp\\.async\\.wait_group 0;";
    String late = "cp.async.wait_group 1;";
    String registers = "(\\s+%p\\d+, %r\\d+, %r\\d+);";
    String later = "xor\\.b32(\\s+%r\\d+, %r\\d+), 32;";
    return List.of(
        new Mutant(
            "awaits its own rows late",
            "MISSING_ASYNC_WAIT",
            s,
            "cp\\.async\\.wait_group 1;",
            0,
            "cp.async.wait_group 2;"),
        new Mutant("awaits a tile late, in one loop", "MISSING_ASYNC_WAIT", s, wait, 0, late),
        new Mutant("awaits a tile late, in the other", "MISSING_ASYNC_WAIT", s, wait, 1, late),
        new Mutant("no commit of its own rows", "MISSING_ASYNC_WAIT", s, commit, 0, ""),
        new Mutant("no commit in one loop", "MISSING_ASYNC_WAIT", s, commit, 2, ""),
        new Mutant("no commit in the other", "MISSING_ASYNC_WAIT", s, commit, 3, ""),
        new Mutant("own rows read too early", "SHARED_RACE", s, BARRIER, 0, ""),
        new Mutant("a stage overwritten early, in one loop", "SHARED_RACE", s, BARRIER, 1, ""),
        new Mutant("a stage overwritten early, in the other", "SHARED_RACE", s, BARRIER, 2, ""),
        new Mutant("results over a stage that is read", "SHARED_RACE", s, BARRIER, 3, ""),
        new Mutant(
            "a copy's swizzle off by one",
            "other results",
            s,
            "shr\\.u32(\\s+%r\\d+, %r\\d+), 3;",
            0,
            "shr.u32$1, 4;"),
        new Mutant(
            "a fragment's swizzle off by one", "other results", s, later, 1, "xor.b32$1, 16;"),
        new Mutant(
            "reads behind the last row", "OUT_OF_BOUNDS", s, ", 16, %r\\d+;", guarded, ", 16;"),
        new Mutant(
            "the diagonal itself is not seen",
            "other results",
            s,
            behind.replace(".", "\\.") + registers,
            nth,
            itselfToo + "$1;"));
  }

  /// A block that owns a head: its tiles of keys arrive with the first queries; then queries stream
  /// by in two loops, one of which keeps what it adds to their gradient in shared memory.
  static List<Mutant> ofHead() {
    ShippedKernel s = ShippedKernel.ATTENTION_HEAD_BF16;
    String commit = "cp\\.async\\.commit_group;";
    String wait = "cp\\.async\\.wait_group 0;";
    String late = "cp.async.wait_group 1;";
    return List.of(
        new Mutant("does not await its keys", "MISSING_ASYNC_WAIT", s, wait, 0, late),
        new Mutant("awaits a tile late, in one loop", "MISSING_ASYNC_WAIT", s, wait, 1, late),
        new Mutant("awaits a tile late, in the other", "MISSING_ASYNC_WAIT", s, wait, 2, late),
        new Mutant("no commit of its keys", "MISSING_ASYNC_WAIT", s, commit, 0, ""),
        new Mutant("no commit in a loop", "MISSING_ASYNC_WAIT", s, commit, 2, ""),
        new Mutant("delta read too early", "UNINITIALISED", s, BARRIER, 0, ""),
        new Mutant("keys read too early", "SHARED_RACE", s, BARRIER, 1, ""),
        new Mutant("a stage overwritten early, in one loop", "SHARED_RACE", s, BARRIER, 2, ""),
        new Mutant("ds read too early at the diagonal", "SHARED_RACE", s, BARRIER, 3, ""),
        new Mutant("a stage overwritten early, in the other", "SHARED_RACE", s, BARRIER, 4, ""),
        new Mutant("the last ds read too early", "SHARED_RACE", s, BARRIER, 5, ""),
        new Mutant("results over ds that is read", "SHARED_RACE", s, BARRIER, 6, ""),
        new Mutant(
            "a copy's swizzle off by one",
            "other results",
            s,
            "shr\\.u32(\\s+%r\\d+, %r\\d+), 3;",
            0,
            "shr.u32$1, 4;"),
        new Mutant(
            "a swizzle of ds off by one",
            "other results",
            s,
            "xor\\.b32(\\s+%r\\d+, %r\\d+), 16;",
            4,
            "xor.b32$1, 32;"),
        new Mutant(
            "one buffer for the ds of two tiles",
            "SHARED_RACE",
            s,
            "add\\.s32(\\s+%r\\d+, %r\\d+), 25600;",
            0,
            "add.s32$1, 17408;"),
        new Mutant("reads behind the last key", "OUT_OF_BOUNDS", s, ", 16, %r\\d+;", 6, ", 16;"),
        new Mutant("reads behind the last query", "OUT_OF_BOUNDS", s, ", 16, %r\\d+;", 12, ", 16;"),
        new Mutant(
            "the diagonal itself is not seen",
            "other results",
            s,
            "setp\\.lt\\.s32(\\s+%p\\d+, %r\\d+, %r\\d+);",
            27,
            "setp.le.s32$1;"));
  }

  static List<Mutant> ofQueries() {
    ShippedKernel s = ShippedKernel.ATTENTION_DKV_BF16;
    return List.of(
        new Mutant(
            "a number behind the last query",
            "OUT_OF_BOUNDS",
            s,
            "setp\\.gt\\.s32(\\s+%p\\d+, %r\\d+), 64;",
            0,
            "setp.gt.s32$1, 0;"));
  }
}
