package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.device.PtxModule;
import java.util.HashMap;
import java.util.Map;

/// A module that was loaded in a context, with the handles of its functions.
///
/// @param ptxVersion its target as a number, 75 for `sm_75`
record CudaModule(PtxModule code, int ptxVersion, Map<String, Long> functions) {
  CudaModule(PtxModule code, int ptxVersion) {
    this(code, ptxVersion, new HashMap<>());
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
