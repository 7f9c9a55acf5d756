package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.device.Kernel;

/// A kernel of a loaded module and what was set for its launches.
final class CudaFunction {
  final Kernel kernel;
  final CudaModule module;
  final long moduleHandle;
  int maxDynamicShared;
  int carveout = -1;

  /// For the launches of CUDA 3: block, dynamic shared memory and parameters are set beforehand.
  Dim3 block = new Dim3(1);

  int shared;
  byte[] parameters;

  CudaFunction(Kernel kernel, CudaModule module, long moduleHandle) {
    this.kernel = kernel;
    this.module = module;
    this.moduleHandle = moduleHandle;
    this.maxDynamicShared = Math.max(0, DeviceProperties.SHARED_PER_BLOCK - kernel.sharedBytes());
    this.parameters = new byte[kernel.parameterBytes()];
  }

  void setMaxDynamicShared(int bytes) {
    int most = DeviceProperties.SHARED_PER_BLOCK_OPT_IN - kernel.sharedBytes();
    DriverException.require(
        bytes >= 0 && bytes <= most,
        "%s: wanted %d bytes of dynamic shared memory, at most %d fit",
        kernel,
        bytes,
        most);
    maxDynamicShared = bytes;
  }

  void setCarveout(int percent) {
    DriverException.require(
        percent >= -1 && percent <= 100, "wanted a carveout of -1..100 %%, got %d", percent);
    carveout = percent;
  }

  @Override
  public String toString() {
    return kernel.name();
  }
}
