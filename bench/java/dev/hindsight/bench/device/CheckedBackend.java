package dev.hindsight.bench.device;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.CudaBackend;
import dev.hindsight.backend.cuda.CudaOptions;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;

/// The kernels that ship, on a software GPU with checks of one's choice.
public final class CheckedBackend {
  private CheckedBackend() {}

  public static Backend open(Options options) {
    InstalledDriver.install(options);
    return CudaBackend.open(CudaOptions.standard().withDriverAlreadyLoaded());
  }
}
