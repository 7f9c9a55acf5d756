package dev.hindsight.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Precision;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;

/// Opens the unmodified CUDA backend on the software GPU, with all its checks.
public final class SoftwareGpu {
  private SoftwareGpu() {}

  /// Opens it as the driver.
  ///
  /// @param multiprocessors the size of GPU that launches are shaped for
  public static CudaBackend open(int multiprocessors) {
    return open(multiprocessors, Precision.FP32);
  }

  public static CudaBackend open(int multiprocessors, Precision precision) {
    InstalledDriver.install(Options.standard());
    return CudaBackend.open(
        CudaOptions.standard().withDriverAlreadyLoaded().shapedFor(multiprocessors).in(precision));
  }

  /// For tests that cause a fault on purpose.
  public static void forgetFindings() {
    InstalledDriver.install(Options.standard()).clearFindings();
  }

  /// Fails when the software GPU found anything since the last call.
  public static void assertNoFindings() {
    InstalledDriver driver = InstalledDriver.install(Options.standard());
    assertThat(driver.findings()).isEmpty();
  }
}
