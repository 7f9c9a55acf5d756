package dev.hindsight.softgpu.ptx;

import java.util.List;
import java.util.Map;

/// Parsed PTX.
///
/// @param declared external variables that code names and that are defined behind it
/// @param files names of the `.cu` and header files by `.file` number, without folders
/// @param lines the text, line by line
public record Module(
    String name,
    String version,
    String target,
    Map<String, Function> functions,
    Map<String, Variable> variables,
    List<Variable> declared,
    Map<Integer, String> files,
    List<String> lines) {
  /// Where functions lie; no memory is there.
  private static final long FUNCTIONS = 0x7c00_0000_0000L;

  /// The address of a function, the same in all kernels of the module.
  public long address(String function) {
    return FUNCTIONS + 16L * (1 + List.copyOf(functions.keySet()).indexOf(function));
  }
}
