package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.device.Kernel;

/// A kernel of a loaded module and what was set for its launches.
final class CudaFunction {
  private final Kernel kernel;
  private final CudaModule module;
  private final long moduleHandle;
  private int maxDynamicShared;
  private int carveout = -1;

  /// For the launches of CUDA 3: block, dynamic shared memory and parameters are set beforehand.
  private Dim3 block = new Dim3(1);

  private int shared;
  private byte[] parameters;

  CudaFunction(Kernel kernel, CudaModule module, long moduleHandle) {
    this.kernel = kernel;
    this.module = module;
    this.moduleHandle = moduleHandle;
    this.maxDynamicShared = Math.max(0, DeviceProperties.SHARED_PER_BLOCK - kernel.sharedBytes());
    this.parameters = new byte[kernel.parameterBytes()];
  }

  Kernel kernel() {
    return kernel;
  }

  CudaModule module() {
    return module;
  }

  long moduleHandle() {
    return moduleHandle;
  }

  int maxDynamicShared() {
    return maxDynamicShared;
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

  int carveout() {
    return carveout;
  }

  void setCarveout(int percent) {
    DriverException.require(
        percent >= -1 && percent <= 100, "wanted a carveout of -1..100 %%, got %d", percent);
    carveout = percent;
  }

  Dim3 block() {
    return block;
  }

  void setBlock(Dim3 extent) {
    block = extent;
  }

  int shared() {
    return shared;
  }

  void setShared(int bytes) {
    shared = bytes;
  }

  byte[] parameters() {
    return parameters;
  }

  @Override
  public String toString() {
    return kernel.name();
  }
}
