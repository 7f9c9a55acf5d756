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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes one flat list of instructions of an entry point: device functions are copied to where they
/// are called, each copy with registers and local variables of its own. Functions that are called
/// through a register or by themselves stand behind it once: [Outlined] says which, `Call` how.
final class Inliner {
  private static final int LONGEST = 60_000;

  /// Names of one copy of a function, and the stack that its variables lie on, if they do.
  private static final class Frame {
    final Map<Register, Register> registers = new HashMap<>();
    final Map<Variable, Variable> variables = new HashMap<>();
    final @Nullable Stack stack;

    /// Where its instructions stand in the text, if they do not stand there themselves.
    final @Nullable Instruction site;

    Frame(@Nullable Stack stack, @Nullable Instruction site) {
      this.stack = stack;
      this.site = site;
    }
  }

  private final Module module;
  private final Outlined outlined;

  /// Functions that stand behind the entry point, in the order in which they are met.
  final Map<Function, Stack> stacks = new LinkedHashMap<>();

  final List<Instruction> code = new ArrayList<>();

  /// Where the branch at this position goes.
  final Map<Integer, Integer> targets = new HashMap<>();

  /// Variables in local memory: of the entry and of all copies.
  final List<Variable> locals = new ArrayList<>();

  Inliner(Module module, Function entry) {
    this.module = module;
    this.outlined = new Outlined(module, entry);
    copy(entry, new Frame(null, null), true);
    code.add(synthetic("exit", null, entry.line()));
    outlined.called().forEach(f -> stacks.put(f, new Stack(f)));
    stacks.forEach(
        (function, stack) -> {
          stack.start = code.size();
          Frame frame = new Frame(stack, null);
          function.results().forEach(v -> frame.variables.put(v, stack.place(v)));
          function.parameters().forEach(v -> frame.variables.put(v, stack.place(v)));
          copy(function, frame, false);
          Instruction end = synthetic("ret", null, function.line());
          code.add(end);
        });
  }

  private void copy(Function function, Frame frame, boolean entry) {
    if (code.size() > LONGEST) {
      throw new PtxException(module.name() + ": " + function.name() + " is too long to inline");
    }
    boolean standsAlone = frame.stack != null && frame.stack.isOf(function);
    for (Variable v : function.body().variables()) {
      if (v.space != Variable.Space.SHARED) {
        frame.variables.put(v, own(v, function, frame.stack));
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
          } else if (standsAlone) {
            code.add(synthetic("ret", one.guard(), one.line()));
          } else {
            returns.add(code.size());
            code.add(synthetic("bra", one.guard(), one.line()));
          }
        }
        case "call" -> call(one, frame.stack);
        default -> add(one, frame.stack);
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

  /// A variable of a copy: on the stack of the function, or in a place of its own, as that of what
  /// CUDA's own functions get.
  private Variable own(Variable v, Function function, @Nullable Stack stack) {
    Variable own =
        new Variable(
            v.name, v.space, v.align, v.unit, v.bytes, Variable.Origin.OWN, null, List.of());
    if (stack == null || Outlined.isPassedToBuiltIn(function, v)) {
      locals.add(own);
      return own;
    }
    return stack.place(own);
  }

  /// Adds an instruction whose variables may lie on the stack.
  private void add(Instruction one, @Nullable Stack stack) {
    if (stack != null) {
      stack.computed(one).forEach(code::add);
    }
    code.add(stack == null ? one : stack.relative(one));
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

  private void call(Instruction one, @Nullable Stack stack) {
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
    List<Operand> arguments =
        operands.size() > 1 && operands.get(1) instanceof Operand.Arguments(List<Operand> items)
            ? items
            : List.of();
    if (!operands.isEmpty() && operands.getFirst() instanceof Operand.Reg target) {
      code.add(Stack.call(one, target, arguments, results, stack));
      return;
    }
    if (operands.isEmpty() || !(operands.getFirst() instanceof Operand.Name(String name))) {
      throw new PtxException(where(one) + "wanted a function");
    }
    if (Builtins.has(name)) {
      code.add(one);
      return;
    }
    boolean launches = DeviceRuntime.has(name);
    Function callee = launches ? DeviceRuntime.function(name) : module.functions().get(name);
    if (callee == null || callee.external()) {
      String missing =
          launches ? " of CUDA's device runtime is not supported" : " is not in the module";
      throw new PtxException(where(one) + "function " + name + missing);
    }
    if (outlined.contains(callee)) {
      Operand address = new Operand.Int(module.address(name));
      code.add(Stack.call(one, address, arguments, results, stack));
      return;
    }
    int skip = -1;
    if (one.guard() != null) {
      skip = code.size();
      Operand.Reg guard = one.guard();
      Operand.Reg opposite = new Operand.Reg(guard.register(), !guard.negated());
      code.add(synthetic("bra", opposite, one.line()));
    }
    Frame frame = new Frame(stack, launches ? one : null);
    bind(one, frame, callee.results(), results);
    bind(one, frame, callee.parameters(), arguments);
    copy(callee, frame, false);
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
    return Instruction.plain(base, guard, List.of(), line);
  }

  private Instruction renamed(Instruction one, Frame frame) {
    Operand.Reg guard = one.guard();
    Instruction at = frame.site == null ? one : frame.site;
    return at.with(
        one.opcode(),
        guard == null ? null : (Operand.Reg) renamed(guard, frame),
        one.operands().stream().map(o -> addressOf(one, renamed(o, frame))).toList());
  }

  /// A function as a value.
  private Operand addressOf(Instruction one, Operand operand) {
    return operand instanceof Operand.Name(String name)
            && one.base().equals("mov")
            && module.functions().containsKey(name)
        ? new Operand.Int(module.address(name))
        : operand;
  }

  private Operand renamed(Operand operand, Frame frame) {
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
