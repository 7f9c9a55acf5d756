package dev.hindsight.softgpu.driver;

import java.util.Set;
import java.util.regex.Pattern;

/// A call of a driver function: what must be there before it runs.
///
/// @param function as the library exports it, `cuMemAlloc_v2`
/// @param unsafeInCapture whether it is refused while this thread captures a stream in another mode
///   than relaxed, because it may wait for the device
record Call(String function, Needs needs, boolean unsafeInCapture) {
  enum Needs {
    /// Nothing, not even `cuInit`.
    NOTHING,
    /// `cuInit` was called.
    INIT,
    /// A current context in which no kernel has failed.
    CONTEXT
  }

  private static final Set<String> WITHOUT_INIT =
      Set.of(
          "cuInit", "cuDriverGetVersion", "cuGetErrorName", "cuGetErrorString", "cuGetProcAddress");

  private static final Pattern WITHOUT_CONTEXT =
      Pattern.compile(
          "cuDevice.*|cuCtx((Create|Destroy)|(Push|Pop|Set|Get)Current|GetDevice)"
              + "|cuda(Init|Choose|[GS]et)Device.*|cudaDeviceReset|cudaThreadExit|cuda.*Error.*"
              + "|cuda(Driver|Runtime)GetVersion"
              + "|cudaDevice(Get(Attribute|PCIBusId|ByPCIBusId)|CanAccessPeer)");

  private static final Pattern MAY_WAIT =
      Pattern.compile(
          "cuMem(cpy.*(?<!Async)|(Alloc|Free).*(?<!Async)|Host(Alloc|Register|Unregister))"
              + "|cuda(Memcpy.*(?<!Async)|(Malloc|Free).*(?<!Async)|Host(Alloc|.*egister))");

  static Call of(String function) {
    String name = name(function);
    Needs needs =
        WITHOUT_INIT.contains(name)
            ? Needs.NOTHING
            : WITHOUT_CONTEXT.matcher(name).matches() ? Needs.INIT : Needs.CONTEXT;
    return new Call(function, needs, MAY_WAIT.matcher(name).matches());
  }

  /// Whether it is one of CUDA's runtime library, which has a context when it needs one.
  boolean ofTheRuntime() {
    return function.startsWith("cuda");
  }

  /// Without its version, or what the runtime library adds where threads have streams, and ours
  /// where a struct is passed by its address.
  static String name(String function) {
    return function.startsWith("cuda")
        ? function.replaceFirst("(_v\\d)?(_pt[ds][sz]|_at)?$", "")
        : function.replaceFirst("_v\\d$", "");
  }
}
