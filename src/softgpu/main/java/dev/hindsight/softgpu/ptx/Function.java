package dev.hindsight.softgpu.ptx;

import java.util.List;
import java.util.Map;

/// An entry point or a device function.
///
/// @param bounds what `.maxntid` and its like say
public record Function(
    String name,
    boolean entry,
    boolean external,
    List<Variable> results,
    List<Variable> parameters,
    Body body,
    Bounds bounds,
    int line) {
  /// What it does.
  ///
  /// @param labels position in the code of each label, by its resolved name
  /// @param variables shared, local and param variables declared inside
  public record Body(
      List<Instruction> code, Map<String, Integer> labels, List<Variable> variables) {}

  /// Looks at none of the code, which is long.
  @Override
  public int hashCode() {
    return name.hashCode();
  }
}
