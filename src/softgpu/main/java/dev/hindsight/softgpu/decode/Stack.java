package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Call;
import dev.hindsight.softgpu.ptx.Function;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Type;
import dev.hindsight.softgpu.ptx.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where the variables of a function that is really called lie in its frame. Instructions reach
/// them by a register that holds where the frame begins.
final class Stack {
  static final Register FRAME = new Register("%frame", Type.B64);

  private static final int ALIGN = 16;

  final Function function;

  /// Where its code begins.
  int start;

  private final Map<Variable, Integer> offsets = new HashMap<>();
  private final Map<Operand, Register> registers = new HashMap<>();
  private int bytes;

  Stack(Function function) {
    this.function = function;
  }

  @SuppressWarnings("ReferenceEquality") // each is read once
  boolean isOf(Function other) {
    return function == other;
  }

  Variable place(Variable v) {
    bytes = (bytes + v.align - 1) / v.align * v.align;
    offsets.put(v, bytes);
    bytes += v.bytes;
    return v;
  }

  Call.Callee callee() {
    return new Call.Callee(
        function.name(),
        start,
        Math.max(1, Math.ceilDiv(bytes, ALIGN)) * ALIGN,
        slots(function.parameters()),
        slots(function.results()));
  }

  private List<Call.Slot> slots(List<Variable> variables) {
    return variables.stream().map(v -> new Call.Slot(offset(v), v.bytes)).toList();
  }

  private int offset(Variable v) {
    return offsets.getOrDefault(v, 0);
  }

  /// Instructions that compute the addresses which this one takes.
  List<Instruction> computed(Instruction one) {
    List<Instruction> made = new ArrayList<>();
    registers.clear();
    for (Operand operand : one.operands()) {
      if (operand instanceof Operand.Symbol(Variable v, long offset) && offsets.containsKey(v)) {
        Register register = new Register("%address", Type.B64);
        registers.put(operand, register);
        made.add(
            one.with(
                List.of("add", "s64"),
                one.guard(),
                List.of(
                    new Operand.Reg(register, false),
                    new Operand.Reg(FRAME, false),
                    new Operand.Int(offset(v) + offset))));
      }
    }
    return made;
  }

  /// The instruction with its variables relative to the frame.
  Instruction relative(Instruction one) {
    List<Operand> operands = one.operands().stream().map(this::relative).toList();
    boolean moved = !operands.equals(one.operands());
    List<String> opcode =
        one.opcode().stream()
            .map(part -> moved && part.startsWith("param") ? "local" : part)
            .toList();
    return one.with(opcode, one.guard(), operands);
  }

  private Operand relative(Operand operand) {
    return switch (operand) {
      case Operand.Address(Operand.Symbol(Variable v, long inner), long offset)
          when offsets.containsKey(v) ->
          new Operand.Address(new Operand.Reg(FRAME, false), offset(v) + inner + offset);
      case Operand.Symbol symbol -> {
        Register register = registers.get(symbol);
        yield register == null ? symbol : new Operand.Reg(register, false);
      }
      default -> operand;
    };
  }

  /// A call of the function at an address, from a function with this stack.
  static Instruction call(
      Instruction one,
      Operand target,
      List<Operand> arguments,
      List<Operand> results,
      @Nullable Stack stack) {
    return one.with(
        List.of("call", "frame"),
        one.guard(),
        List.of(
            new Operand.Address(target, 0),
            new Operand.Arguments(places(arguments, stack)),
            new Operand.Arguments(places(results, stack)),
            new Operand.Address(new Operand.Reg(FRAME, false), 0)));
  }

  /// Where each of them lies, and its bytes.
  private static List<Operand> places(List<Operand> variables, @Nullable Stack stack) {
    List<Operand> all = new ArrayList<>();
    for (Operand each : variables) {
      Operand.Address plain = new Operand.Address(each, 0);
      all.add(stack == null ? plain : stack.relative(plain));
      all.add(new Operand.Int(each instanceof Operand.Symbol(Variable v, _) ? v.bytes : 0));
    }
    return all;
  }
}
