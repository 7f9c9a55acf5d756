package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.ptx.Clusters;

/// A kernel of a loaded module and what was set for its launches.
final class CudaFunction {
  final Kernel kernel;
  final CudaModule module;
  final long moduleHandle;
  int maxDynamicShared;
  int carveout = -1;

  /// Extents of a cluster that the program asks for, 0 where it does not, and whether it may be
  /// larger than on other GPUs.
  final int[] cluster = new int[3];

  boolean nonPortable;
  int clusterPolicy;

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

  /// What the kernel and the program ask of the clusters of a launch.
  Clusters clusters() {
    Clusters compiled = kernel.clusters();
    boolean asked = (cluster[0] | cluster[1] | cluster[2]) != 0;
    return asked && compiled.required() == null
        ? new Clusters(
            compiled.explicit(), new Dim3(cluster[0], cluster[1], cluster[2]), compiled.most())
        : compiled;
  }

  int mostBlocksOfCluster() {
    return nonPortable ? Clusters.MOST : Clusters.PORTABLE;
  }

  /// One of the extents of a cluster.
  void setCluster(int axis, int blocks) {
    if (kernel.clusters().required() != null) {
      throw new DriverException(
          CudaResult.NOT_PERMITTED, kernel + " is compiled for clusters of one size");
    }
    DriverException.require(blocks >= 0, "wanted an extent of 0 or more blocks, got %d", blocks);
    cluster[axis] = blocks;
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
