package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstreamCaptureStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CaptureTest extends DriverTest {
  private static final int GLOBAL = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL;
  private static final int LOCAL = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
  private static final int RELAXED = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED;

  private final CUstream stream = new CUstream();
  private final CUstream side = new CUstream();
  private final CUevent fork = new CUevent();
  private final CUevent join = new CUevent();
  private final CUdeviceptr x = new CUdeviceptr();
  private final CUgraph graph = new CUgraph();

  @BeforeEach
  void make() {
    ok(cuStreamCreate(stream, 0));
    ok(cuStreamCreate(side, 0));
    ok(cuEventCreate(fork, 0));
    ok(cuEventCreate(join, 0));
    ok(cuMemAlloc(x, 16));
    ok(cuMemsetD32(x, 0, 4));
  }

  private int status() {
    int[] status = {-1};
    ok(cuStreamIsCapturing(stream, status));
    return status[0];
  }

  @Test
  void capturedWorkRunsAtEachLaunchAndNotBefore() {
    assertThat(status()).isEqualTo(CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_NONE);
    ok(cuStreamBeginCapture(stream, GLOBAL));
    assertThat(status()).isEqualTo(CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_ACTIVE);
    ok(cuMemsetD32Async(x, 5, 1, stream));
    ok(cuMemcpyDtoDAsync(x.withByteOffset(4), x, 4, stream));
    ok(cuStreamEndCapture(stream, graph));
    assertThat(status()).isEqualTo(CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_NONE);
    assertThat(TestKernels.ints(x, 4)).containsExactly(0, 0, 0, 0);
    CUgraphExec exec = new CUgraphExec();
    ok(cuGraphInstantiate(exec, graph, 0));
    ok(cuGraphDestroy(graph));
    ok(cuGraphUpload(exec, stream));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.ints(x, 4)).containsExactly(5, 5, 0, 0);
    ok(cuMemsetD32(x, 0, 4));
    ok(cuGraphLaunch(exec, new CUstream()));
    assertThat(TestKernels.ints(x, 4)).containsExactly(5, 5, 0, 0);
    ok(cuGraphExecDestroy(exec));
    fails(cuGraphLaunch(exec, stream), CudaResult.INVALID_HANDLE);
  }

  @Test
  void eventsForkAndJoinTheCapture() {
    ok(cuStreamBeginCapture(stream, GLOBAL));
    ok(cuMemsetD32Async(x, 1, 4, stream));
    ok(cuEventRecord(fork, stream));
    ok(cuStreamWaitEvent(side, fork, 0));
    ok(cuMemsetD32Async(x, 2, 1, side));
    ok(cuMemsetD32Async(x.withByteOffset(4), 3, 1, stream));
    ok(cuEventRecord(join, side));
    fails(cuEventQuery(join), CudaResult.CAPTURED_EVENT);
    ok(cuStreamWaitEvent(stream, join, 0));
    ok(cuMemcpyDtoDAsync(x.withByteOffset(8), x, 8, stream));
    ok(cuStreamEndCapture(stream, graph));
    long[] count = {0};
    ok(cuGraphGetEdges(graph, null, null, count));
    assertThat(count[0]).as("edges of a diamond").isEqualTo(4);
    ok(cuGraphGetRootNodes(graph, null, count));
    assertThat(count[0]).isEqualTo(1);
    CUgraphExec exec = new CUgraphExec();
    ok(cuGraphInstantiate(exec, graph, 0));
    ok(cuGraphLaunch(exec, side));
    assertThat(TestKernels.ints(x, 4)).containsExactly(2, 3, 2, 3);
    ok(cuEventQuery(join));
  }

  @Test
  void unjoinedWorkEndsInAnError() {
    ok(cuStreamBeginCapture(stream, GLOBAL));
    ok(cuEventRecord(fork, stream));
    ok(cuStreamWaitEvent(side, fork, 0));
    ok(cuMemsetD32Async(x, 2, 1, side));
    fails(cuStreamEndCapture(side, graph), CudaResult.STREAM_CAPTURE_UNMATCHED);
    fails(cuStreamEndCapture(stream, graph), CudaResult.STREAM_CAPTURE_UNJOINED);
    assertThat(TestKernels.ints(x, 4)).containsExactly(0, 0, 0, 0);
  }

  @Test
  void waitingForACapturedStreamSpoilsIt() {
    ok(cuStreamBeginCapture(stream, GLOBAL));
    fails(cuStreamSynchronize(stream), CudaResult.STREAM_CAPTURE_UNSUPPORTED);
    assertThat(status()).isEqualTo(CUstreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_INVALIDATED);
    fails(cuMemsetD32Async(x, 2, 1, stream), CudaResult.STREAM_CAPTURE_INVALIDATED);
    fails(cuStreamEndCapture(stream, graph), CudaResult.STREAM_CAPTURE_INVALIDATED);
    ok(cuStreamSynchronize(stream));
  }

  @Test
  void legacyStreamAndOtherCapturesStayOutside() {
    ok(cuStreamBeginCapture(stream, RELAXED));
    fails(cuMemsetD32(x, 1, 1), CudaResult.STREAM_CAPTURE_IMPLICIT);
    fails(cuStreamEndCapture(stream, graph), CudaResult.STREAM_CAPTURE_INVALIDATED);
    fails(cuStreamBeginCapture(CU_STREAM_LEGACY, GLOBAL), CudaResult.STREAM_CAPTURE_UNSUPPORTED);
    ok(cuEventRecord(fork, side));
    ok(cuStreamBeginCapture(stream, GLOBAL));
    fails(cuStreamBeginCapture(stream, GLOBAL), CudaResult.ILLEGAL_STATE);
    fails(cuStreamWaitEvent(stream, fork, 0), CudaResult.STREAM_CAPTURE_ISOLATION);
    fails(cuStreamEndCapture(stream, graph), CudaResult.STREAM_CAPTURE_INVALIDATED);
    ok(cuStreamBeginCapture(stream, GLOBAL));
    ok(cuEventRecord(fork, stream));
    ok(cuStreamBeginCapture(side, GLOBAL));
    fails(cuStreamWaitEvent(side, fork, 0), CudaResult.STREAM_CAPTURE_MERGE);
    fails(cuStreamEndCapture(side, graph), CudaResult.STREAM_CAPTURE_INVALIDATED);
    ok(cuStreamEndCapture(stream, graph));
    fails(cuStreamEndCapture(stream, graph), CudaResult.ILLEGAL_STATE);
  }

  @Test
  void unsafeCallsDependOnTheModes() throws InterruptedException {
    CUdeviceptr y = new CUdeviceptr();
    ok(cuStreamBeginCapture(stream, GLOBAL));
    fails(cuMemAlloc(y, 4), CudaResult.STREAM_CAPTURE_UNSUPPORTED);
    fails(cuStreamEndCapture(stream, graph), CudaResult.STREAM_CAPTURE_INVALIDATED);
    ok(cuStreamBeginCapture(stream, RELAXED));
    ok(cuMemAlloc(y, 4));
    ok(cuStreamEndCapture(stream, graph));
    ok(cuStreamBeginCapture(stream, LOCAL));
    int[] mode = {RELAXED};
    ok(cuThreadExchangeStreamCaptureMode(mode));
    assertThat(mode[0]).isEqualTo(GLOBAL);
    ok(cuMemFree(y));
    ok(cuThreadExchangeStreamCaptureMode(mode));
    assertThat(mode[0]).isEqualTo(RELAXED);
    int[] result = {-1, -1};
    Thread other =
        new Thread(
            () -> {
              ok(cuCtxSetCurrent(context));
              result[0] = cuMemAlloc(y, 4);
              result[1] = cuStreamEndCapture(stream, graph);
            });
    other.start();
    other.join();
    assertThat(result[0]).as("a thread-local capture binds its own thread").isZero();
    assertThat(result[1]).isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
    ok(cuStreamEndCapture(stream, graph));
  }

  @Test
  void aLaunchedGraphCanItselfBeCaptured() {
    ok(cuStreamBeginCapture(stream, GLOBAL));
    ok(cuMemsetD32Async(x, 6, 2, stream));
    ok(cuStreamEndCapture(stream, graph));
    CUgraphExec inner = new CUgraphExec();
    ok(cuGraphInstantiate(inner, graph, 0));
    ok(cuStreamBeginCapture(stream, GLOBAL));
    ok(cuGraphLaunch(inner, stream));
    ok(cuMemcpyDtoDAsync(x.withByteOffset(8), x, 8, stream));
    CUgraph outer = new CUgraph();
    ok(cuStreamEndCapture(stream, outer));
    long[] count = {2};
    CUgraphNode[] nodes = {new CUgraphNode(), new CUgraphNode()};
    ok(cuGraphGetNodes(outer, nodes, count));
    int[] type = {-1};
    ok(cuGraphNodeGetType(nodes[0], type));
    assertThat(type[0]).as("child graph").isEqualTo(4);
    CUgraphExec exec = new CUgraphExec();
    ok(cuGraphInstantiate(exec, outer, 0));
    ok(cuGraphExecDestroy(inner));
    ok(cuGraphLaunch(exec, stream));
    assertThat(TestKernels.ints(x, 4)).containsExactly(6, 6, 6, 6);
  }
}
