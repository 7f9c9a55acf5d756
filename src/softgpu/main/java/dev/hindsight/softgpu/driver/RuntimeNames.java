package dev.hindsight.softgpu.driver;

import java.util.Map;
import java.util.stream.Collectors;

/// Functions of CUDA's runtime library with the parameters and the work of one of the driver.
final class RuntimeNames {
  /// Where names differ by more than how they begin; `none` where a function of the same name takes
  /// other parameters.
  private static final Map<String, String> OTHERS =
      """
      cudaDeviceGetCacheConfig cuCtxGetCacheConfig
      cudaDeviceGetLimit cuCtxGetLimit
      cudaDeviceGetSharedMemConfig cuCtxGetSharedMemConfig
      cudaDeviceGetStreamPriorityRange cuCtxGetStreamPriorityRange
      cudaDeviceSetCacheConfig cuCtxSetCacheConfig
      cudaDeviceSetLimit cuCtxSetLimit
      cudaDeviceSetSharedMemConfig cuCtxSetSharedMemConfig
      cudaDeviceSynchronize cuCtxSynchronize
      cudaThreadSynchronize cuCtxSynchronize
      cudaHostGetDevicePointer cuMemHostGetDevicePointer
      cudaThreadGetCacheConfig cuCtxGetCacheConfig
      cudaThreadGetLimit cuCtxGetLimit
      cudaThreadSetCacheConfig cuCtxSetCacheConfig
      cudaThreadSetLimit cuCtxSetLimit
      cudaEventCreateWithFlags cuEventCreate
      cudaFree cuMemFree
      cudaFreeAsync cuMemFreeAsync
      cudaFreeHost cuMemFreeHost
      cudaGetDeviceCount cuDeviceGetCount
      cudaGraphAddDependencies cuGraphAddDependencies_v2
      cudaGraphRemoveDependencies cuGraphRemoveDependencies_v2
      cudaGraphGetEdges cuGraphGetEdges_v2
      cudaGraphNodeGetDependencies cuGraphNodeGetDependencies_v2
      cudaGraphNodeGetDependentNodes cuGraphNodeGetDependentNodes_v2
      cudaGraphInstantiate cuGraphInstantiateWithFlags
      cudaStreamUpdateCaptureDependencies cuStreamUpdateCaptureDependencies_v2
      cudaGetMipmappedArrayLevel cuMipmappedArrayGetLevel
      cudaHostAlloc cuMemHostAlloc
      cudaHostGetFlags cuMemHostGetFlags
      cudaHostRegister cuMemHostRegister
      cudaHostUnregister cuMemHostUnregister
      cudaMallocHost cuMemAllocHost
      cudaStreamCreateWithFlags cuStreamCreate
      cudaGraphMemcpyNodeGetParams none
      """
          .lines()
          .map(line -> line.split(" "))
          .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));

  private RuntimeNames() {}

  /// What the driver's function would be called, if there is one.
  static String ofTheDriver(String function) {
    return OTHERS.getOrDefault(function, "cu" + function.substring("cuda".length()));
  }
}
