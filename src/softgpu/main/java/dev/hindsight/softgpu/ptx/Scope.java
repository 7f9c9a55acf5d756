package dev.hindsight.softgpu.ptx;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Names that a pair of braces declares; an inner scope may declare a name again.
final class Scope {
  private record Range(Type type, long count) {}

  final @Nullable Scope parent;
  private final int number;
  private final Map<String, Register> registers = new HashMap<>();
  private final Map<String, Range> ranges = new HashMap<>();
  final Map<String, Variable> variables = new HashMap<>();
  final Map<String, String> labels = new HashMap<>();

  Scope(@Nullable Scope parent, int number) {
    this.parent = parent;
    this.number = number;
  }

  void declare(String name, Type type) {
    registers.put(name, new Register(name, type));
  }

  void declareRange(String prefix, Type type, long count) {
    ranges.put(prefix, new Range(type, count));
  }

  /// Notes a label and returns the name that is unique in the function.
  String label(String name) {
    String unique = number == 0 ? name : name + "#" + number;
    labels.put(name, unique);
    return unique;
  }

  /// The register of this name as seen from here, or null.
  @Nullable Register register(String name) {
    int digits = name.length();
    while (digits > 0 && Character.isDigit(name.charAt(digits - 1))) {
      digits--;
    }
    for (Scope scope = this; scope != null; scope = scope.parent) {
      Register exact = scope.registers.get(name);
      if (exact != null) {
        return exact;
      }
      Range range = scope.ranges.get(name.substring(0, digits));
      if (range != null && inside(range, name.substring(digits))) {
        Register made = new Register(name, range.type);
        scope.registers.put(name, made);
        return made;
      }
    }
    return null;
  }

  private static boolean inside(Range range, String digits) {
    return !digits.isEmpty() && digits.length() < 10 && Long.parseLong(digits) < range.count;
  }

  @Nullable Variable variable(String name) {
    Variable found = variables.get(name);
    return found != null || parent == null ? found : parent.variable(name);
  }

  @Nullable String labelSeen(String name) {
    String found = labels.get(name);
    return found != null || parent == null ? found : parent.labelSeen(name);
  }
}
