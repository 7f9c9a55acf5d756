package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Which registers each instruction of a program reads and writes, by number, for [Taint].
final class TaintPlan {
  /// What becomes of bytes.
  enum How {
    LOAD,
    STORE,
    ATOMIC,
    /// They keep their places.
    MOVE,
    /// `selp`.
    SELECT,
    /// Two predicates become one.
    COMBINE,
    /// Each byte of a result depends on all.
    ANY
  }

  /// One instruction; -1 stands for what is no register.
  ///
  /// @param addresses registers in brackets
  /// @param shift bytes by which a move shifts upwards
  /// @param keep bytes that a move keeps, one bit each
  /// @param ofA sources of a matrix product that are of its first matrix; those of its second
  ///   follow
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Step(
      How how,
      int guard,
      int[] addresses,
      int[] reads,
      int[] writes,
      int[] readBytes,
      int[] writeBytes,
      int shift,
      int keep,
      int ofA,
      int ofB) {}

  private final Map<Register, Integer> numbers = new HashMap<>();
  private final Step[] steps;

  TaintPlan(Op[] code) {
    steps = new Step[code.length];
    for (int pc = 0; pc < code.length; pc++) {
      steps[pc] = step(code[pc].source);
    }
  }

  int registers() {
    return numbers.size();
  }

  Step of(int pc) {
    return steps[pc];
  }

  private Step step(Instruction one) {
    List<Operand> addresses = new ArrayList<>();
    List<Operand> reads = new ArrayList<>();
    List<Operand> writes = new ArrayList<>();
    for (int i = 0; i < one.operands().size(); i++) {
      flatten(one.operands().get(i), i == 0 && one.hasResult() ? writes : reads, addresses);
    }
    int shift = 0;
    int keep = 0xff;
    How how =
        switch (one.base()) {
          case "ld", "ldu", "suld" -> How.LOAD;
          case "st", "sust" -> one.has("async") ? How.ATOMIC : How.STORE;
          case "atom", "red" -> How.ATOMIC;
          case "mov" -> How.MOVE;
          case "selp" -> How.SELECT;
          case "bfe" ->
              reads.get(1) instanceof Operand.Int
                      && reads.get(2) instanceof Operand.Int
                      && !signed(one)
                  ? How.MOVE
                  : How.ANY;
          case "cvt" -> integers(one) ? How.MOVE : How.ANY;
          case "and", "or" ->
              one.has("pred") && reads.stream().allMatch(Operand.Reg.class::isInstance)
                  ? How.COMBINE
                  : one.base().equals("and") && reads.get(1) instanceof Operand.Int
                      ? How.MOVE
                      : How.ANY;
          case "shl", "shr" ->
              reads.get(1) instanceof Operand.Int(long by) && by % 8 == 0 && !signed(one)
                  ? How.MOVE
                  : How.ANY;
          default -> How.ANY;
        };
    if (how == How.MOVE && one.base().equals("bfe")) {
      long length = ((Operand.Int) reads.removeLast()).value();
      long from = ((Operand.Int) reads.removeLast()).value();
      keep = bytesOf(length > 63 ? -1 : ((1L << length) - 1) << from);
      shift = (int) -Math.min(from / 8, 8);
    } else if (how == How.MOVE && !one.base().equals("mov") && reads.size() == 2) {
      long constant = ((Operand.Int) reads.removeLast()).value();
      switch (one.base()) {
        case "and" -> keep = bytesOf(constant);
        case "shl" -> shift = (int) Math.min(constant / 8, 8);
        default -> shift = (int) -Math.min(constant / 8, 8);
      }
    }
    return new Step(
        how,
        one.guard() == null ? -1 : number(one.guard()),
        numbers(addresses),
        numbers(reads),
        numbers(writes),
        widths(reads),
        widths(writes),
        shift,
        keep,
        items(one, 1),
        items(one, 2));
  }

  private static int items(Instruction one, int index) {
    return one.operands().size() > index
            && one.operands().get(index) instanceof Operand.Vector(List<Operand> items)
        ? items.size()
        : 1;
  }

  private static int bytesOf(long mask) {
    int bytes = 0;
    for (int i = 0; i < 8; i++) {
      bytes |= (mask >>> (8 * i) & 0xff) != 0 ? 1 << i : 0;
    }
    return bytes;
  }

  private static boolean signed(Instruction one) {
    return one.opcode().getLast().startsWith("s");
  }

  /// A conversion between unsigned integers, or to a narrower one.
  private static boolean integers(Instruction one) {
    int last = one.opcode().size() - 1;
    Type from = Type.of(one.opcode().get(last));
    Type to = Type.of(one.opcode().get(last - 1));
    if (from == null || to == null || from.floating() || to.floating()) {
      return false;
    }
    return one.opcode().size() == 3 && (!from.signed() || to.bytes <= from.bytes);
  }

  private static void flatten(Operand operand, List<Operand> to, List<Operand> addresses) {
    switch (operand) {
      case Operand.Pair(Operand one, Operand two) -> {
        flatten(one, to, addresses);
        flatten(two, to, addresses);
      }
      case Operand.Vector(List<Operand> items) -> items.forEach(i -> flatten(i, to, addresses));
      case Operand.Arguments(List<Operand> items) -> items.forEach(i -> flatten(i, to, addresses));
      case Operand.Address(Operand base, _) -> addresses.add(base);
      default -> to.add(operand);
    }
  }

  private int[] numbers(List<Operand> operands) {
    return operands.stream().mapToInt(this::number).toArray();
  }

  private int number(Operand operand) {
    return operand instanceof Operand.Reg(Register r, _)
        ? numbers.computeIfAbsent(r, _ -> numbers.size())
        : -1;
  }

  private static int[] widths(List<Operand> operands) {
    return operands.stream()
        .mapToInt(o -> o instanceof Operand.Reg(Register r, _) ? Math.max(1, r.type.bytes) : 0)
        .toArray();
  }
}
