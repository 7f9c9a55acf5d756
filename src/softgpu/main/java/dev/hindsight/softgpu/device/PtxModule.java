package dev.hindsight.softgpu.device;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// PTX that was loaded into a device.
public final class PtxModule {
  private final String name;
  private final Map<String, Kernel> kernels = new LinkedHashMap<>();
  private final Map<Long, Kernel> byAddress = new HashMap<>();
  private final Map<String, GlobalVariable> variables;

  PtxModule(String name, Map<String, GlobalVariable> variables) {
    this.name = name;
    this.variables = variables;
  }

  void add(Kernel kernel, long address) {
    kernels.put(kernel.name(), kernel);
    byAddress.put(address, kernel);
  }

  public String name() {
    return name;
  }

  /// All entry points by name.
  public Map<String, Kernel> kernels() {
    return Map.copyOf(kernels);
  }

  /// The entry point of this name, or null.
  public @Nullable Kernel kernel(String kernel) {
    return kernels.get(kernel);
  }

  /// The entry point that kernels find at this address, or null.
  public @Nullable Kernel kernelAt(long address) {
    return byAddress.get(address);
  }

  /// All module variables by name.
  public Map<String, GlobalVariable> variables() {
    return Map.copyOf(variables);
  }

  @Override
  public String toString() {
    return name;
  }
}
