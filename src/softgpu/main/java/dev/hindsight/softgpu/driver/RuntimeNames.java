package dev.hindsight.softgpu.driver;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Functions of CUDA's runtime library with the parameters and the work of one of the driver.
final class RuntimeNames {
  private static final Map<String, String> OF_THE_DRIVER =
      """
      cudaDeviceCanAccessPeer cuDeviceCanAccessPeer
      cudaDeviceGetAttribute cuDeviceGetAttribute
      cudaDeviceGetByPCIBusId cuDeviceGetByPCIBusId
      cudaDeviceGetCacheConfig cuCtxGetCacheConfig
      cudaDeviceGetLimit cuCtxGetLimit
      cudaDeviceGetPCIBusId cuDeviceGetPCIBusId
      cudaDeviceGetSharedMemConfig cuCtxGetSharedMemConfig
      cudaDeviceGetStreamPriorityRange cuCtxGetStreamPriorityRange
      cudaDeviceSetCacheConfig cuCtxSetCacheConfig
      cudaDeviceSetLimit cuCtxSetLimit
      cudaDeviceSetSharedMemConfig cuCtxSetSharedMemConfig
      cudaDeviceSynchronize cuCtxSynchronize
      cudaThreadSynchronize cuCtxSynchronize
      cudaDeviceGetDefaultMemPool cuDeviceGetDefaultMemPool
      cudaDeviceGetMemPool cuDeviceGetMemPool
      cudaDeviceSetMemPool cuDeviceSetMemPool
      cudaDeviceGetP2PAttribute cuDeviceGetP2PAttribute
      cudaGraphChildGraphNodeGetGraph cuGraphChildGraphNodeGetGraph
      cudaGraphEventRecordNodeGetEvent cuGraphEventRecordNodeGetEvent
      cudaGraphEventRecordNodeSetEvent cuGraphEventRecordNodeSetEvent
      cudaGraphEventWaitNodeGetEvent cuGraphEventWaitNodeGetEvent
      cudaGraphEventWaitNodeSetEvent cuGraphEventWaitNodeSetEvent
      cudaGraphExecChildGraphNodeSetParams cuGraphExecChildGraphNodeSetParams
      cudaGraphExecEventRecordNodeSetEvent cuGraphExecEventRecordNodeSetEvent
      cudaGraphExecEventWaitNodeSetEvent cuGraphExecEventWaitNodeSetEvent
      cudaGraphExecHostNodeSetParams cuGraphExecHostNodeSetParams
      cudaGraphKernelNodeCopyAttributes cuGraphKernelNodeCopyAttributes
      cudaGraphKernelNodeGetAttribute cuGraphKernelNodeGetAttribute
      cudaGraphKernelNodeSetAttribute cuGraphKernelNodeSetAttribute
      cudaGraphHostNodeGetParams cuGraphHostNodeGetParams
      cudaGraphHostNodeSetParams cuGraphHostNodeSetParams
      cudaGraphMemsetNodeGetParams cuGraphMemsetNodeGetParams
      cudaHostGetDevicePointer cuMemHostGetDevicePointer
      cudaMemAdvise cuMemAdvise
      cudaMemPoolCreate cuMemPoolCreate
      cudaMemPoolDestroy cuMemPoolDestroy
      cudaMemPoolGetAccess cuMemPoolGetAccess
      cudaMemPoolGetAttribute cuMemPoolGetAttribute
      cudaMemPoolSetAccess cuMemPoolSetAccess
      cudaMemPoolSetAttribute cuMemPoolSetAttribute
      cudaMemPoolTrimTo cuMemPoolTrimTo
      cudaMemPrefetchAsync cuMemPrefetchAsync
      cudaMemRangeGetAttribute cuMemRangeGetAttribute
      cudaStreamAttachMemAsync cuStreamAttachMemAsync
      cudaStreamCopyAttributes cuStreamCopyAttributes
      cudaStreamGetAttribute cuStreamGetAttribute
      cudaStreamSetAttribute cuStreamSetAttribute
      cudaThreadGetCacheConfig cuCtxGetCacheConfig
      cudaThreadGetLimit cuCtxGetLimit
      cudaThreadSetCacheConfig cuCtxSetCacheConfig
      cudaThreadSetLimit cuCtxSetLimit
      cudaDriverGetVersion cuDriverGetVersion
      cudaEventCreateWithFlags cuEventCreate
      cudaEventDestroy cuEventDestroy
      cudaEventElapsedTime cuEventElapsedTime
      cudaEventQuery cuEventQuery
      cudaEventRecord cuEventRecord
      cudaEventRecordWithFlags cuEventRecordWithFlags
      cudaEventSynchronize cuEventSynchronize
      cudaFree cuMemFree
      cudaFreeAsync cuMemFreeAsync
      cudaFreeHost cuMemFreeHost
      cudaGetDeviceCount cuDeviceGetCount
      cudaGraphAddDependencies cuGraphAddDependencies_v2
      cudaGraphRemoveDependencies cuGraphRemoveDependencies_v2
      cudaGraphGetEdges cuGraphGetEdges_v2
      cudaGraphNodeGetDependencies cuGraphNodeGetDependencies_v2
      cudaGraphNodeGetDependentNodes cuGraphNodeGetDependentNodes_v2
      cudaGraphAddChildGraphNode cuGraphAddChildGraphNode
      cudaGraphAddEmptyNode cuGraphAddEmptyNode
      cudaGraphAddEventRecordNode cuGraphAddEventRecordNode
      cudaGraphAddEventWaitNode cuGraphAddEventWaitNode
      cudaGraphAddHostNode cuGraphAddHostNode
      cudaGraphClone cuGraphClone
      cudaGraphCreate cuGraphCreate
      cudaGraphDestroy cuGraphDestroy
      cudaGraphDestroyNode cuGraphDestroyNode
      cudaGraphExecDestroy cuGraphExecDestroy
      cudaGraphGetNodes cuGraphGetNodes
      cudaGraphGetRootNodes cuGraphGetRootNodes
      cudaGraphInstantiate cuGraphInstantiateWithFlags
      cudaGraphInstantiateWithFlags cuGraphInstantiateWithFlags
      cudaGraphLaunch cuGraphLaunch
      cudaGraphNodeFindInClone cuGraphNodeFindInClone
      cudaGraphNodeGetType cuGraphNodeGetType
      cudaGraphUpload cuGraphUpload
      cudaGetMipmappedArrayLevel cuMipmappedArrayGetLevel
      cudaHostAlloc cuMemHostAlloc
      cudaHostGetFlags cuMemHostGetFlags
      cudaHostRegister cuMemHostRegister
      cudaHostUnregister cuMemHostUnregister
      cudaLaunchHostFunc cuLaunchHostFunc
      cudaMallocHost cuMemAllocHost
      cudaMemGetInfo cuMemGetInfo
      cudaProfilerStart cuProfilerStart
      cudaProfilerStop cuProfilerStop
      cudaStreamAddCallback cuStreamAddCallback
      cudaStreamBeginCapture cuStreamBeginCapture
      cudaStreamCreateWithFlags cuStreamCreate
      cudaStreamCreateWithPriority cuStreamCreateWithPriority
      cudaStreamDestroy cuStreamDestroy
      cudaStreamEndCapture cuStreamEndCapture
      cudaStreamGetFlags cuStreamGetFlags
      cudaStreamGetId cuStreamGetId
      cudaStreamGetPriority cuStreamGetPriority
      cudaStreamIsCapturing cuStreamIsCapturing
      cudaStreamQuery cuStreamQuery
      cudaStreamSynchronize cuStreamSynchronize
      cudaStreamWaitEvent cuStreamWaitEvent
      cudaThreadExchangeStreamCaptureMode cuThreadExchangeStreamCaptureMode
      """
          .lines()
          .map(line -> line.split(" "))
          .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));

  private RuntimeNames() {}

  static Set<String> all() {
    return OF_THE_DRIVER.keySet();
  }

  /// The driver's function, or null.
  static @Nullable String ofTheDriver(String function) {
    return OF_THE_DRIVER.get(function);
  }
}
