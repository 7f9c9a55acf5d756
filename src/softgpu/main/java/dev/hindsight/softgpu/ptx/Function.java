package dev.hindsight.softgpu.ptx;

import java.util.List;
import java.util.Map;

/// An entry point or a device function.
///
/// @param labels position in `body` of each label, by its resolved name
/// @param variables shared, local and param variables declared inside
/// @param bounds what `.maxntid` and its like say
public record Function(
    String name,
    boolean entry,
    boolean external,
    List<Variable> results,
    List<Variable> parameters,
    List<Instruction> body,
    Map<String, Integer> labels,
    List<Variable> variables,
    Bounds bounds,
    int line) {}
