package dev.hindsight.softgpu.device;

import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.exec.Program;
import dev.hindsight.softgpu.ptx.Clusters;
import java.util.List;

/// An entry point of a loaded module.
///
/// @param parameters in declaration order
/// @param parameterBytes size of the block that a launch passes
/// @param registers 32-bit registers of one thread that are live at once; an estimate, ptxas
///   decides
/// @param maxThreads most threads of a block, from `.maxntid` or the architecture's limit
/// @param clusters what it says of the clusters of its launches
/// @param refusal why it cannot be launched; empty where it can
public record Kernel(
    String name,
    List<KernelParameter> parameters,
    int parameterBytes,
    int registers,
    int maxThreads,
    Clusters clusters,
    Program program,
    String refusal) {
  /// Static shared memory.
  public int sharedBytes() {
    return program.shared().bytes();
  }

  /// Local memory of one thread.
  public int localBytes() {
    return program.localBytes();
  }

  @Override
  public String toString() {
    return name;
  }
}
