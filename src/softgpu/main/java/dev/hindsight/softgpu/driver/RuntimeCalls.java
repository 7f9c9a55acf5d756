package dev.hindsight.softgpu.driver;

/// What CUDA's runtime library asks first. It wants more of NVIDIA's driver than functions that
/// have a name, so the software GPU cannot serve it, and its own errors say nothing of the reason.
final class RuntimeCalls extends Calls {
  private static final String REASON =
      "wanted calls of the driver API, got one of the runtime API (jcuda.runtime.JCuda), which the"
          + " software GPU does not have; call jcuda.driver.JCudaDriver (cuMemAlloc for"
          + " cudaMalloc)";

  private boolean said;

  RuntimeCalls(Driver driver) {
    super(driver);
  }

  /// Says once why nothing is found.
  @SuppressWarnings("DoNotCallSuggester") // the shim calls it
  void cuGetProcAddress(long symbol, long function, int version, long flags, long status) {
    String reason = said ? "" : REASON;
    said = true;
    throw new DriverException(CudaResult.NOT_SUPPORTED, reason);
  }
}
