package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Precision;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;

/// Opens the unmodified CUDA backend on the software GPU, with all its checks.
final class SoftwareGpu {
  private SoftwareGpu() {}

  /// @param multiprocessors the size of GPU that launches are shaped for
  static CudaBackend open(int multiprocessors) {
    return open(multiprocessors, Precision.FP32);
  }

  static CudaBackend open(int multiprocessors, Precision precision) {
    InstalledDriver.install(Options.standard());
    return CudaBackend.open(
        CudaOptions.standard().withDriverAlreadyLoaded().shapedFor(multiprocessors).in(precision));
  }

  /// For tests that cause a fault on purpose.
  static void forgetFindings() {
    InstalledDriver.install(Options.standard()).clearFindings();
  }

  /// Fails when the software GPU found anything since the last call.
  static void assertNoFindings() {
    InstalledDriver driver = InstalledDriver.install(Options.standard());
    assertThat(driver.findings()).isEmpty();
  }
}
