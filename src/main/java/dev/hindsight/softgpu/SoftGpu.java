package dev.hindsight.softgpu;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One simulated device: its memory, the modules loaded into it, and launches that run on the CPU.
/// Launches run to their end before [#launch] returns, one at a time.
public final class SoftGpu {
  private final Options options;
  private final DeviceMemory memory;
  private volatile @Nullable LaunchCounters lastCounters;

  public SoftGpu(Options options) {
    this.options = options;
    this.memory = new DeviceMemory(options.memoryBytes());
  }

  public Options options() {
    return options;
  }

  public DeviceMemory memory() {
    return memory;
  }

  /// Loads PTX text. `name` appears in messages. Throws [PtxException] for what it cannot execute.
  public PtxModule load(String ptx, String name) {
    return new PtxModule(name, Map.of());
  }

  /// Gives back the module's variables.
  public void unload(PtxModule module) {
    module.variables().values().forEach(variable -> memory.free(variable.address()));
  }

  /// Runs a kernel. `parameters` is laid out as [Kernel#parameters] says. Throws [DeviceFault] when
  /// a check found something, and IllegalArgumentException for a launch that CUDA refuses.
  public synchronized void launch(
      Kernel kernel,
      Dim3 grid,
      Dim3 block,
      int dynamicSharedBytes,
      byte[] parameters,
      boolean cooperative) {
    if (parameters.length < kernel.parameterBytes()) {
      throw new IllegalArgumentException(
          kernel
              + ": wanted "
              + kernel.parameterBytes()
              + " parameter bytes, got "
              + parameters.length);
    }
  }

  /// Counts of the latest launch; null before the first or with counters off.
  public @Nullable LaunchCounters lastCounters() {
    return lastCounters;
  }
}
