package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.exec.Program;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.PtxException;
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

  /// What CUDA keeps of a block's shared memory for itself since sm_80. Libraries that ship with it
  /// find theirs by special registers.
  private static final int RESERVED_BYTES = 1024;

  private static final String RESERVED = "%reserved_smem_offset_";

  /// Of each thread of a kernel that calls functions. A GPU has 1 KB unless a program asks for
  /// more, but for fewer bytes of a frame: here registers lie elsewhere.
  private static final int STACK_BYTES = 1 << 14;

  final List<KernelParameter> parameters = new ArrayList<>();
  private final List<Program.SharedSlot> sharedSlots = new ArrayList<>();
  private final int dynamicOffset;
  private final int dynamicAlign;
  private int sharedBytes; // without red zones
  private int reserved;
  private int stack;
  int localBytes;
  int parameterBytes;
  private final Map<Variable, Long> addresses = new HashMap<>();
  private final Map<Variable, Long> globals;
  private final Map<Variable, String> refused;

  Layout(
      List<Variable> formal,
      List<Variable> locals,
      List<Instruction> code,
      Map<Variable, Long> globals,
      Map<Variable, String> refused) {
    this.globals = globals;
    this.refused = refused;
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
    if (usesReserved(code)) {
      reserved = up(at, RED_ZONE);
      String name = Program.SharedSlot.RESERVED;
      sharedSlots.add(new Program.SharedSlot(name, reserved, RESERVED_BYTES, RED_ZONE));
      at = reserved + RESERVED_BYTES + RED_ZONE;
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

  private static boolean usesReserved(List<Instruction> code) {
    return code.stream()
        .flatMap(one -> one.operands().stream())
        .anyMatch(o -> o instanceof Operand.Special(String name) && isReserved(name));
  }

  static boolean isReserved(String special) {
    return special.startsWith(RESERVED);
  }

  /// Where the reserved shared memory begins or ends, how much it is, or where a part of it lies.
  int reserved(String special, Operands operands) {
    return switch (special.substring(RESERVED.length())) {
      case "begin", "0" -> reserved;
      case "1" -> reserved + RESERVED_BYTES / 2;
      case "end" -> reserved + RESERVED_BYTES;
      case "cap" -> RESERVED_BYTES;
      default -> throw operands.error("special register " + special + " is not supported");
    };
  }

  /// Makes room for the frames of called functions; returns where it begins.
  int stack() {
    if (stack == 0) {
      stack = Math.max(localBytes, 16);
      localBytes = stack + STACK_BYTES;
    }
    return stack;
  }

  private static int up(int at, int align) {
    return (at + align - 1) / align * align;
  }

  long address(Operand.Symbol symbol, Operands operands) {
    String why = refused.get(symbol.variable());
    if (why != null) {
      throw new PtxException(why);
    }
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
