package dev.hindsight.softgpu.device;

import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.exec.Program;
import java.util.List;

/// An entry point of a loaded module.
///
/// @param parameters in declaration order
/// @param parameterBytes size of the block that a launch passes
/// @param sharedBytes static shared memory
/// @param localBytes local memory of one thread
/// @param registers 32-bit registers of one thread that are live at once; an estimate, ptxas
///   decides
/// @param maxThreads most threads of a block, from `.maxntid` or the architecture's limit
public record Kernel(
    String name,
    List<KernelParameter> parameters,
    int parameterBytes,
    int sharedBytes,
    int localBytes,
    int registers,
    int maxThreads,
    Program program) {

  @Override
  public String toString() {
    return name;
  }
}
