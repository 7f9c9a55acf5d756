package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.check.Finding;
import java.util.List;

/// Something that the program did wrong, as the software GPU reports it.
///
/// @param what in which of its rooms
/// @param result what the call answered
/// @param call the driver function, `cuLaunchKernel`
/// @param report the text that was printed, one or more lines
/// @param ofKernel what the kernel's checks found; empty unless `what` is KERNEL
public record DriverFinding(
    What what, CudaResult result, String call, String report, List<Finding> ofKernel) {

  /// Kinds of findings.
  public enum What {
    /// A kernel failed a check.
    KERNEL,
    /// The host copied from or to something that is no allocation.
    HOST_ACCESS,
    /// Memory that was still allocated when its context ended.
    LEAK,
    /// A fault of the software GPU itself.
    INTERNAL
  }

  public DriverFinding {
    ofKernel = List.copyOf(ofKernel);
  }
}
