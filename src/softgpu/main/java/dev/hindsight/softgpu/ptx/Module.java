package dev.hindsight.softgpu.ptx;

import java.util.List;
import java.util.Map;

/// Parsed PTX.
///
/// @param files names of the `.cu` and header files by `.file` number, without folders
/// @param lines the text, line by line
public record Module(
    String name,
    String version,
    String target,
    Map<String, Function> functions,
    Map<String, Variable> variables,
    Map<Integer, String> files,
    List<String> lines) {}
