package dev.hindsight.backend;

import dev.hindsight.testing.CpuInBf16;

/// Backends by a name in a table of tests.
public final class TestBackends {
  private TestBackends() {}

  /// `double`, a backend by its name, or `gpu` for the software GPU; behind a space its precision.
  public static Backend open(String name) {
    return switch (name) {
      case "double" -> Backends.reference();
      case "cpu bf16" -> CpuInBf16.open();
      case "gpu" -> Backends.openSoftwareGpu();
      case "gpu tf32" -> Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.TF32);
      case "gpu bf16" -> Backends.openSoftwareGpu(SoftwareGpu.STANDARD, Precision.BF16);
      default -> Backends.open(name);
    };
  }
}
