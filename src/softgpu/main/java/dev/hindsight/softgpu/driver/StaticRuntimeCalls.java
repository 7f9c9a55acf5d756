package dev.hindsight.softgpu.driver;

/// What NVIDIA's own runtime library asks first, where it is in a library that a program has loaded
/// and so was not replaced. It wants more of NVIDIA's driver than functions that have a name, so
/// the software GPU cannot serve it, and its own errors say nothing of the reason.
final class StaticRuntimeCalls extends Calls {
  private boolean said;

  StaticRuntimeCalls(Driver driver) {
    super(driver);
  }

  /// Says once why nothing is found.
  @SuppressWarnings("DoNotCallSuggester") // the shim calls it
  void cuGetProcAddress(long symbol, long function, int version, long flags, long status) {
    String reason =
        "wanted a runtime library that the software GPU knows, got a call from one inside another"
            + " library; build that with nvcc -cudart shared";
    String first = said ? "" : reason;
    said = true;
    throw new DriverException(CudaResult.NOT_SUPPORTED, first);
  }
}
