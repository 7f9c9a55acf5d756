package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUlimit;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;

class ContextCallsTest extends DriverTest {
  private static final CUcontext NONE = new CUcontext();
  private final CUdevice device = new CUdevice();

  private static CUcontext current() {
    CUcontext current = new CUcontext();
    ok(cuCtxGetCurrent(current));
    return current;
  }

  @Test
  void createdContextsFormAStack() {
    CUcontext second = new CUcontext();
    ok(cuCtxCreate(second, 4, device));
    assertThat(current()).isEqualTo(second);
    int[] flags = {0};
    ok(cuCtxGetFlags(flags));
    assertThat(flags[0]).isEqualTo(4);
    CUcontext popped = new CUcontext();
    ok(cuCtxPopCurrent(popped));
    assertThat(popped).isEqualTo(second);
    assertThat(current()).isEqualTo(context);
    ok(cuCtxPushCurrent(second));
    ok(cuCtxDestroy(second));
    assertThat(current()).isEqualTo(context);
    fails(cuCtxPushCurrent(second), CudaResult.INVALID_HANDLE);
    ok(cuCtxPopCurrent(popped));
    assertThat(current()).isEqualTo(NONE);
    fails(cuCtxPopCurrent(popped), CudaResult.INVALID_CONTEXT);
    fails(cuMemAlloc(new CUdeviceptr(), 4), CudaResult.INVALID_CONTEXT);
    ok(cuCtxSetCurrent(context));
    assertThat(current()).isEqualTo(context);
  }

  @Test
  void eachThreadHasItsOwnCurrentContext() throws InterruptedException {
    List<Integer> results = new ArrayList<>();
    List<CUcontext> seen = new ArrayList<>();
    Thread other =
        new Thread(
            () -> {
              seen.add(current());
              results.add(JCudaDriver.cuCtxSynchronize());
              results.add(JCudaDriver.cuCtxSetCurrent(context));
              results.add(JCudaDriver.cuCtxSynchronize());
              seen.add(current());
            });
    other.start();
    other.join();
    assertThat(results).containsExactly(CUresult.CUDA_ERROR_INVALID_CONTEXT, 0, 0);
    assertThat(seen).containsExactly(NONE, context);
  }

  @Test
  void aContextThatAnotherThreadDestroyedIsSaidToBe() throws InterruptedException {
    Thread other = new Thread(() -> ok(cuCtxDestroy(context)));
    other.start();
    other.join();
    fails(cuCtxSynchronize(), CudaResult.CONTEXT_IS_DESTROYED);
    ok(cuCtxSetCurrent(NONE));
  }

  @Test
  void primaryContextIsSharedByCount() {
    CUcontext first = new CUcontext();
    CUcontext second = new CUcontext();
    ok(cuDevicePrimaryCtxSetFlags(device, 1));
    ok(cuDevicePrimaryCtxRetain(first, device));
    ok(cuDevicePrimaryCtxRetain(second, device));
    assertThat(first).isEqualTo(second).isNotEqualTo(context);
    ok(cuCtxSetCurrent(first));
    ok(cuDevicePrimaryCtxRelease(device));
    ok(cuMemAlloc(new CUdeviceptr(), 16));
    assertThat(primaryState()).containsExactly(1, 1);
    ok(cuDevicePrimaryCtxRelease(device));
    assertThat(primaryState()).containsExactly(1, 0);
    assertThat(software.findings())
        .singleElement()
        .satisfies(leak -> assertThat(leak.call()).isEqualTo("cuDevicePrimaryCtxRelease"));
    fails(cuCtxSynchronize(), CudaResult.CONTEXT_IS_DESTROYED);
    fails(cuDevicePrimaryCtxRelease(device), CudaResult.INVALID_CONTEXT);
    fails(cuCtxDestroy(first), CudaResult.CONTEXT_IS_DESTROYED);
    ok(cuDevicePrimaryCtxSetFlags(device, 0));
    ok(cuCtxSetCurrent(context));
  }

  private int[] primaryState() {
    int[] flags = {-1};
    int[] active = {-1};
    ok(cuDevicePrimaryCtxGetState(device, flags, active));
    return new int[] {flags[0], active[0]};
  }

  @Test
  void resetEmptiesThePrimaryContext() {
    CUcontext primary = new CUcontext();
    ok(cuDevicePrimaryCtxRetain(primary, device));
    ok(cuCtxSetCurrent(primary));
    CUstream stream = new CUstream();
    ok(cuStreamCreate(stream, 0));
    ok(cuDevicePrimaryCtxReset(device));
    fails(cuStreamSynchronize(stream), CudaResult.INVALID_HANDLE);
    ok(cuCtxSynchronize());
    ok(cuDevicePrimaryCtxRelease(device));
    ok(cuCtxSetCurrent(context));
  }

  @Test
  void kernelsTakeFromTheHeapOfTheirContext() {
    ok(cuCtxSetLimit(CUlimit.CU_LIMIT_MALLOC_HEAP_SIZE, 1000));
    CUdeviceptr taken = TestKernels.ints(-1, -1);
    CUfunction take = TestKernels.load().function("take");
    for (long bytes : new long[] {600, 500}) {
      Pointer parameters = Pointer.to(Pointer.to(taken), Pointer.to(new long[] {bytes}));
      ok(TestKernels.launch(take, 1, 1, 0, parameters));
      int[] address = TestKernels.ints(taken, 2);
      assertThat(address[1] != 0).as("%d of 1,000 bytes", bytes).isEqualTo(bytes == 600);
    }
    ok(cuMemFree(taken));
    ok(cuCtxDestroy(context));
    found("600 bytes \"malloc at kernels.cu:");
    ok(cuCtxSetCurrent(NONE));
  }

  @Test
  void settingsAreKept() {
    long[] limit = {0};
    ok(cuCtxGetLimit(limit, CUlimit.CU_LIMIT_STACK_SIZE));
    assertThat(limit[0]).isEqualTo(1024);
    ok(cuCtxSetLimit(CUlimit.CU_LIMIT_STACK_SIZE, 4096));
    ok(cuCtxGetLimit(limit, CUlimit.CU_LIMIT_STACK_SIZE));
    assertThat(limit[0]).isEqualTo(4096);
    fails(cuCtxSetLimit(99, 1), CudaResult.UNSUPPORTED_LIMIT);
    int[] value = {-1};
    ok(cuCtxSetCacheConfig(2));
    ok(cuCtxGetCacheConfig(value));
    assertThat(value[0]).isEqualTo(2);
    int[] greatest = {0};
    ok(cuCtxGetStreamPriorityRange(value, greatest));
    assertThat(value[0]).isZero();
    assertThat(greatest[0]).isEqualTo(-5);
    ok(cuCtxGetApiVersion(context, value));
    assertThat(value[0]).isEqualTo(3020);
    long[] id = {0};
    ok(cuCtxGetId(context, id));
    assertThat(id[0]).isPositive();
    ok(cuCtxGetDevice(device));
    assertThat(device).isEqualTo(new CUdevice());
  }

  @Test
  void handlesOfAnotherKindAreRefused() {
    CUstream stream = new CUstream();
    ok(cuStreamCreate(stream, 0));
    ok(cuStreamDestroy(stream));
    fails(cuStreamDestroy(stream), CudaResult.INVALID_HANDLE);
  }

  @Test
  void whatIsMissingAnswersNotSupported() {
    fails(cuIpcCloseMemHandle(new CUdeviceptr()), CudaResult.NOT_SUPPORTED);
    assertThat(software.missing()).contains("cuIpcCloseMemHandle", "cuCtxDetach");
    assertThat(software.missing()).doesNotContain("cuLaunchKernel").isSorted();
  }

  @Test
  void memoryIsFreedWhicheverContextIsCurrent() {
    CUdeviceptr x = new CUdeviceptr();
    ok(cuMemAlloc(x, 16));
    CUcontext second = new CUcontext();
    ok(cuCtxCreate(second, 0, device));
    ok(cuMemFree(x));
    assertThat(cuMemFree(x)).as("freed twice").isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    software.clearFindings();
    ok(cuCtxDestroy(second));
    ok(cuCtxDestroy(context));
    assertThat(software.findings()).isEmpty();
  }

  @Test
  void leaksOfAllContextsAreReportedAtTheEnd() {
    ok(cuMemAlloc(new CUdeviceptr(), 16));
    ok(cuCtxCreate(new CUcontext(), 0, device));
    ok(cuMemAlloc(new CUdeviceptr(), 32));
    software.end();
    assertThat(software.findings()).hasSize(2);
  }
}
