package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.ptx.Function;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Module;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Variable;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// Which functions of a kernel cannot be copied to where they are called: those that call
/// themselves, over others too, and all whose address is taken where one is called through a
/// register.
final class Outlined {
  private final Module module;
  private final Set<Function> found = new LinkedHashSet<>();
  private final Map<Function, Set<Function>> callees = new LinkedHashMap<>();

  Outlined(Module module, Function entry) {
    this.module = module;
    Set<Function> reached = reach(entry);
    if (reached.stream().anyMatch(Outlined::callsThroughRegister)) {
      for (Function taken : taken()) {
        found.add(taken);
        reached.addAll(reach(taken));
      }
    }
    for (Function each : reached) {
      if (callees(each).stream().anyMatch(next -> reach(next).contains(each))) {
        found.add(each);
      }
    }
    found.remove(entry);
  }

  boolean contains(Function function) {
    return found.contains(function);
  }

  Collection<Function> called() {
    return found;
  }

  /// What can be called by name from here, itself among it.
  private Set<Function> reach(Function from) {
    Set<Function> reached = new LinkedHashSet<>();
    Deque<Function> open = new ArrayDeque<>();
    open.push(from);
    while (!open.isEmpty()) {
      Function next = open.pop();
      if (reached.add(next)) {
        callees(next).forEach(open::push);
      }
    }
    return reached;
  }

  private Set<Function> callees(Function function) {
    Set<Function> known = callees.get(function);
    if (known == null) {
      known = new LinkedHashSet<>();
      for (Instruction one : function.body().code()) {
        if (one.base().equals("call")) {
          add(known, one);
        }
      }
      callees.put(function, known);
    }
    return known;
  }

  private void add(Set<Function> to, Instruction one) {
    for (Operand operand : one.operands()) {
      if (operand instanceof Operand.Name(String name)) {
        Function named = module.functions().get(name);
        if (named != null && !named.external()) {
          to.add(named);
        }
      }
    }
  }

  private static boolean callsThroughRegister(Function function) {
    return function.body().code().stream()
        .anyMatch(
            one ->
                one.base().equals("call")
                    && one.operands().stream().anyMatch(Operand.Reg.class::isInstance));
  }

  /// Functions whose address a variable holds or an instruction takes.
  private Set<Function> taken() {
    Set<Function> all = new LinkedHashSet<>();
    for (Variable v : module.variables().values()) {
      for (Variable.Reference reference : v.references) {
        Function function = module.functions().get(reference.name());
        if (function != null && !function.external()) {
          all.add(function);
        }
      }
    }
    for (Function function : module.functions().values()) {
      for (Instruction one : function.body().code()) {
        if (one.base().equals("mov")) {
          add(all, one);
        }
      }
    }
    return all;
  }

  /// Whether a function passes this variable to a function of CUDA, or gets it from there.
  static boolean isPassedToBuiltIn(Function function, Variable v) {
    Set<Variable> passed = new HashSet<>();
    for (Instruction one : function.body().code()) {
      boolean builtIn =
          one.base().equals("call")
              && one.operands().stream()
                  .anyMatch(o -> o instanceof Operand.Name(String name) && Builtins.has(name));
      for (Operand operand : builtIn ? one.operands() : java.util.List.<Operand>of()) {
        if (operand instanceof Operand.Arguments(var items)) {
          items.forEach(
              item -> {
                if (item instanceof Operand.Symbol(Variable variable, _)) {
                  passed.add(variable);
                }
              });
        }
      }
    }
    return passed.contains(v);
  }
}
