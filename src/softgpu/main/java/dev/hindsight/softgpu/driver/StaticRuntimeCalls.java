package dev.hindsight.softgpu.driver;

/// What NVIDIA's own runtime library asks first. It wants more of NVIDIA's driver than functions
/// that have a name, so the software GPU cannot serve it, and its own errors say nothing of the
/// reason.
final class StaticRuntimeCalls extends Calls {
  private final String reason;
  private boolean said;

  StaticRuntimeCalls(Driver driver, boolean underJCuda) {
    super(driver);
    reason =
        underJCuda
            ? "wanted calls of the driver API, got one of the runtime API (jcuda.runtime.JCuda),"
                + " which the software GPU does not have; call jcuda.driver.JCudaDriver"
                + " (cuMemAlloc for cudaMalloc)"
            : "wanted calls of the driver API, or of a runtime library that the software GPU finds, got"
                + " those of a library with NVIDIA's in itself; build it with nvcc -cudart shared";
  }

  /// Says once why nothing is found.
  @SuppressWarnings("DoNotCallSuggester") // the shim calls it
  void cuGetProcAddress(long symbol, long function, int version, long flags, long status) {
    String first = said ? "" : reason;
    said = true;
    throw new DriverException(CudaResult.NOT_SUPPORTED, first);
  }
}
