package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.exec.Program;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where the variables of a kernel lie, each in its own space.
final class Layout {
  /// Bytes between shared variables: a step over an end lands in none.
  private static final int RED_ZONE = 128;

  final List<KernelParameter> parameters = new ArrayList<>();
  private final List<Program.SharedSlot> sharedSlots = new ArrayList<>();
  private final int dynamicOffset;
  private final int dynamicAlign;
  private int sharedBytes; // without red zones
  int localBytes;
  int parameterBytes;
  private final Map<Variable, Long> addresses = new HashMap<>();
  private final Map<Variable, Long> globals;

  Layout(
      List<Variable> formal,
      List<Variable> locals,
      List<Instruction> code,
      Map<Variable, Long> globals) {
    this.globals = globals;
    for (Variable v : formal) {
      parameterBytes = up(parameterBytes, v.align);
      addresses.put(v, (long) parameterBytes);
      parameters.add(new KernelParameter(v.name, parameterBytes, v.bytes, v.align));
      parameterBytes += v.bytes;
    }
    for (Variable v : locals) {
      localBytes = up(localBytes, v.align);
      addresses.put(v, (long) localBytes);
      localBytes += v.bytes;
    }
    localBytes = up(localBytes, 16);
    int at = 0;
    List<Variable> dynamic = new ArrayList<>();
    for (Variable v : sharedIn(code)) {
      if (v.external) {
        dynamic.add(v);
      } else {
        at = up(at, Math.max(RED_ZONE, v.align));
        sharedBytes = up(sharedBytes, v.align) + v.bytes;
        addresses.put(v, (long) at);
        sharedSlots.add(new Program.SharedSlot(v.name, at, v.bytes, v.align));
        at += v.bytes + RED_ZONE;
      }
    }
    dynamicOffset = up(at, 1024);
    dynamicAlign = dynamic.stream().mapToInt(v -> v.align).max().orElse(1);
    dynamic.forEach(v -> addresses.put(v, (long) dynamicOffset));
  }

  Program.Shared shared(int granule) {
    return new Program.Shared(
        List.copyOf(sharedSlots), sharedBytes, dynamicOffset, dynamicAlign, granule);
  }

  private static Iterable<Variable> sharedIn(List<Instruction> code) {
    Map<Variable, Boolean> found = new LinkedHashMap<>();
    for (Instruction one : code) {
      for (Operand operand : one.operands()) {
        Operand base = operand instanceof Operand.Address(Operand b, _) ? b : operand;
        if (base instanceof Operand.Symbol(Variable v, _) && v.space == Variable.Space.SHARED) {
          found.put(v, true);
        }
      }
    }
    return found.keySet();
  }

  private static int up(int at, int align) {
    return (at + align - 1) / align * align;
  }

  long address(Operand.Symbol symbol, Operands operands) {
    Long known = place(symbol.variable());
    if (known == null) {
      throw operands.error("variable " + symbol.variable() + " has no place");
    }
    return known + symbol.offset();
  }

  private @Nullable Long place(Variable variable) {
    Long global = globals.get(variable);
    return global != null ? global : addresses.get(variable);
  }

  /// Whether the variable is a parameter of the kernel itself, not of an inlined function.
  boolean isKernelParameter(Variable variable) {
    return variable.space == Variable.Space.PARAM
        && parameters.stream().anyMatch(p -> p.name().equals(variable.name));
  }
}
