package dev.hindsight.testing;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cpu.CpuBackend;

/// The cpu backend with activations in bf16. Where the CPU has no instructions for its products
/// they are emulated, so that no test depends on the machine.
public final class CpuInBf16 {
  private CpuInBf16() {}

  public static Backend open() {
    return open(2);
  }

  /// With so many threads.
  public static Backend open(int threads) {
    return CpuBackend.openInBf16(threads, true, true, CpuBackend.lacksForBf16() != null);
  }
}
