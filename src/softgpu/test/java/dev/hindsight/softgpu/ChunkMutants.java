package dev.hindsight.softgpu;

import dev.hindsight.softgpu.MutantTest.Mutant;
import java.util.List;

/// Mutants of chunks of K that the block adds up which comes last.
final class ChunkMutants {
  private ChunkMutants() {}

  static List<Mutant> of(ShippedKernel s) {
    String fence = "membar\\.gl;";
    String arrival = "add\\.s32(\\s+%r\\d+, %r\\d+), -1;(\\s+(?:\\.loc.*\\s+)*atom\\.global\\.inc)";
    return List.of(
        new Mutant("no fence before the arrival", "GLOBAL_RACE", s, fence, 0, ""),
        new Mutant("no fence behind the arrival", "GLOBAL_RACE", s, fence, 1, ""),
        new Mutant(
            "arrives before all threads have written",
            "GLOBAL_RACE",
            s,
            // of few lines: the matcher calls itself for each
            "bar\\.sync\\s+0;((?:(?!\\s*bar\\.)[^\\n]*\\n){0,30}?\\s*membar\\.gl;)",
            0,
            "$1"),
        new Mutant(
            "counter not reset",
            "other results",
            s,
            "atom\\.global\\.inc\\.u32(\\s+%r\\d+, \\[%rd\\d+\\]), %r\\d+;",
            0,
            "atom.global.add.u32$1, 1;"),
        new Mutant("one arrival too few", "GLOBAL_RACE", s, arrival, 0, "add.s32$1, -2;$2"),
        new Mutant("one arrival too many", "GLOBAL_RACE", s, arrival, 0, "add.s32$1, 0;$2"));
  }

  /// In fp32, where the order shows: sums of products of bf16 are exact here.
  static List<Mutant> ofOrder() {
    return List.of(
        new Mutant(
            "adds up in another order",
            "other results",
            ShippedKernel.LINEAR_CHUNKS,
            "shl\\.b32(\\s+%r\\d+), (%r\\d+), (%r\\d+);(\\s+(?:\\.loc.*\\s+)*add\\.s32[^;]*;\\s+(?:\\.loc.*\\s+)*mad)",
            0,
            "xor.b32$1, $2, 1; shl.b32$1,$1, $3;$4"));
  }
}
