package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.ptx.Function;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Module;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.PtxException;
import dev.hindsight.softgpu.ptx.Register;
import dev.hindsight.softgpu.ptx.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes one flat list of instructions of an entry point: device functions are copied to where they
/// are called, each copy with registers and local variables of its own.
final class Inliner {
  private static final int DEEPEST = 16;
  private static final int LONGEST = 60_000;

  /// Functions that the software GPU itself provides.
  private static final List<String> BUILT_IN = List.of("vprintf", "__assertfail");

  /// Names of one copy of a function.
  private static final class Frame {
    final Map<Register, Register> registers = new HashMap<>();
    final Map<Variable, Variable> variables = new HashMap<>();
  }

  private final Module module;
  final List<Instruction> code = new ArrayList<>();

  /// Where the branch at this position goes.
  final Map<Integer, Integer> targets = new HashMap<>();

  /// Variables in local memory: of the entry and of all copies.
  final List<Variable> locals = new ArrayList<>();

  Inliner(Module module) {
    this.module = module;
  }

  void entry(Function function) {
    Frame frame = new Frame();
    copy(function, frame, true, 0);
    code.add(synthetic("exit", null, function.line()));
  }

  private void copy(Function function, Frame frame, boolean entry, int depth) {
    if (depth > DEEPEST || code.size() > LONGEST) {
      throw new PtxException(
          module.name() + ": " + function.name() + " is recursive or too long to inline");
    }
    for (Variable v : function.body().variables()) {
      if (v.space != Variable.Space.SHARED) {
        Variable own =
            new Variable(v.name, v.space, v.align, v.unit, v.bytes, false, null, List.of());
        frame.variables.put(v, own);
        locals.add(own);
      }
    }
    int[] positions = new int[function.body().code().size() + 1];
    Map<Integer, String> jumps = new HashMap<>();
    List<Integer> returns = new ArrayList<>();
    for (int i = 0; i < function.body().code().size(); i++) {
      positions[i] = code.size();
      Instruction one = renamed(function.body().code().get(i), frame);
      switch (one.base()) {
        case "bra" -> {
          jumps.put(code.size(), label(one));
          code.add(one);
        }
        case "ret" -> {
          if (entry) {
            code.add(synthetic("exit", one.guard(), one.line()));
          } else {
            returns.add(code.size());
            code.add(synthetic("bra", one.guard(), one.line()));
          }
        }
        case "call" -> call(one, depth);
        default -> code.add(one);
      }
    }
    positions[function.body().code().size()] = code.size();
    jumps.forEach(
        (at, label) -> {
          Integer target = function.body().labels().get(label);
          if (target == null) {
            throw new PtxException(
                module.name() + " line " + code.get(at).line() + ": no label " + label);
          }
          targets.put(at, positions[target]);
        });
    returns.forEach(at -> targets.put(at, code.size()));
  }

  private String label(Instruction one) {
    for (String modifier : one.opcode().subList(1, one.opcode().size())) {
      if (!modifier.equals("uni")) {
        throw new PtxException(where(one) + "modifier ." + modifier + " is not supported");
      }
    }
    if (one.operands().size() == 1 && one.operands().getFirst() instanceof Operand.Name(String n)) {
      return n;
    }
    throw new PtxException(where(one) + "wanted a label");
  }

  private void call(Instruction one, int depth) {
    List<Operand> operands = new ArrayList<>(one.operands());
    if (!operands.isEmpty() && operands.getFirst() instanceof Operand.Unreadable) {
      code.add(one);
      return;
    }
    List<Operand> results = List.of();
    if (!operands.isEmpty()
        && operands.getFirst() instanceof Operand.Arguments(List<Operand> items)) {
      results = items;
      operands.removeFirst();
    }
    if (operands.isEmpty() || !(operands.getFirst() instanceof Operand.Name(String name))) {
      throw new PtxException(where(one) + "only direct calls are supported");
    }
    List<Operand> arguments =
        operands.size() > 1 && operands.get(1) instanceof Operand.Arguments(List<Operand> items)
            ? items
            : List.of();
    if (BUILT_IN.contains(name)) {
      code.add(one);
      return;
    }
    Function callee = module.functions().get(name);
    if (callee == null || callee.external()) {
      throw new PtxException(where(one) + "function " + name + " is not in the module");
    }
    int skip = -1;
    if (one.guard() != null) {
      skip = code.size();
      Operand.Reg guard = one.guard();
      Operand.Reg opposite = new Operand.Reg(guard.register(), !guard.negated());
      code.add(synthetic("bra", opposite, one.line()));
    }
    Frame frame = new Frame();
    bind(one, frame, callee.results(), results);
    bind(one, frame, callee.parameters(), arguments);
    copy(callee, frame, false, depth + 1);
    if (skip >= 0) {
      targets.put(skip, code.size());
    }
  }

  /// A parameter of the copy is the very variable that the caller passes.
  private void bind(Instruction one, Frame frame, List<Variable> formal, List<Operand> actual) {
    if (formal.size() != actual.size()) {
      throw new PtxException(
          where(one) + "wanted " + formal.size() + " arguments, got " + actual.size());
    }
    for (int i = 0; i < formal.size(); i++) {
      if (!(actual.get(i) instanceof Operand.Symbol(Variable variable, long offset))
          || offset != 0) {
        throw new PtxException(where(one) + "wanted a .param variable as argument");
      }
      frame.variables.put(formal.get(i), variable);
    }
  }

  private String where(Instruction one) {
    return module.name() + " line " + one.line() + ": " + one.name() + ": ";
  }

  private static Instruction synthetic(String base, Operand.@Nullable Reg guard, int line) {
    return new Instruction(List.of(base), guard, List.of(), line, 0, 0, null);
  }

  private static Instruction renamed(Instruction one, Frame frame) {
    Operand.Reg guard = one.guard();
    return new Instruction(
        one.opcode(),
        guard == null ? null : (Operand.Reg) renamed(guard, frame),
        one.operands().stream().map(o -> renamed(o, frame)).toList(),
        one.line(),
        one.fileIndex(),
        one.fileLine(),
        one.inlined());
  }

  private static Operand renamed(Operand operand, Frame frame) {
    return switch (operand) {
      case Operand.Reg(Register r, boolean negated) ->
          new Operand.Reg(
              frame.registers.computeIfAbsent(r, _ -> new Register(r.name, r.type)), negated);
      case Operand.Symbol(Variable v, long offset) ->
          new Operand.Symbol(frame.variables.getOrDefault(v, v), offset);
      case Operand.Pair(Operand first, Operand second) ->
          new Operand.Pair(renamed(first, frame), renamed(second, frame));
      case Operand.Address(Operand base, long offset) ->
          new Operand.Address(renamed(base, frame), offset);
      case Operand.Vector(List<Operand> items) ->
          new Operand.Vector(items.stream().map(o -> renamed(o, frame)).toList());
      case Operand.Arguments(List<Operand> items) ->
          new Operand.Arguments(items.stream().map(o -> renamed(o, frame)).toList());
      default -> operand;
    };
  }
}
