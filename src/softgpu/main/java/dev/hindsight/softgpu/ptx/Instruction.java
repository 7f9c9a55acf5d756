package dev.hindsight.softgpu.ptx;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One instruction.
///
/// @param opcode base mnemonic and modifiers: `ld`, `global`, `f32`
/// @param guard predicate register operand, or null
/// @param fileIndex number of a `.file`, 0 without line information
/// @param inlined `file:line` of the outermost call that it was inlined at, or null
@SuppressWarnings("ArrayRecordComponent")
public record Instruction(
    List<String> opcode,
    Operand.@Nullable Reg guard,
    List<Operand> operands,
    int line,
    int fileIndex,
    int fileLine,
    int @Nullable [] inlined) {

  /// Opcodes whose first operand is no result, or not always.
  private static final Set<String> WITHOUT_RESULT =
      Set.of(
          "st",
          "sust",
          "red",
          "bra",
          "exit",
          "bar",
          "barrier",
          "cp",
          "membar",
          "fence",
          "call",
          "nanosleep",
          "pmevent",
          "prefetch",
          "prefetchu",
          "setmaxnreg",
          "tensormap");

  /// One that no line information tells of.
  public static Instruction plain(
      String base, Operand.@Nullable Reg guard, List<Operand> operands, int line) {
    return new Instruction(List.of(base), guard, operands, line, 0, 0, null);
  }

  /// Another one in its place.
  public Instruction with(
      List<String> opcode, Operand.@Nullable Reg guard, List<Operand> operands) {
    return new Instruction(opcode, guard, operands, line, fileIndex, fileLine, inlined);
  }

  /// Whether its first operand is surely a result.
  public boolean hasResult() {
    return !WITHOUT_RESULT.contains(base());
  }

  /// Whether it may read what it writes, its first operand.
  public boolean addsToResult() {
    return base().equals("wgmma");
  }

  public String base() {
    return opcode.getFirst();
  }

  /// `ld.global.f32`
  public String name() {
    return String.join(".", opcode);
  }

  public boolean has(String modifier) {
    return opcode.indexOf(modifier) > 0;
  }
}
