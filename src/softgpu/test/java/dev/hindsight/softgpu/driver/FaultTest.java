package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.check.Kind;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Test;

class FaultTest extends DriverTest {
  private Pointer beyond() {
    software.nameNext("victim");
    CUdeviceptr x = TestKernels.floats(new float[8]);
    return Pointer.to(Pointer.to(x), Pointer.to(new int[] {8}));
  }

  @Test
  void anErrorOfAKernelSticksToItsContext() {
    CUdeviceptr other = TestKernels.floats(1);
    int result = TestKernels.launch(TestKernels.load().function("beyond"), 1, 1, 0, beyond());
    assertThat(result).isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS);
    fails(cuCtxSynchronize(), CudaResult.ILLEGAL_ADDRESS);
    fails(cuMemcpyDtoH(Pointer.to(new float[1]), other, 4), CudaResult.ILLEGAL_ADDRESS);
    fails(cuMemAlloc(new CUdeviceptr(), 4), CudaResult.ILLEGAL_ADDRESS);
    ok(cuCtxDestroy(context));
    CUcontext fresh = new CUcontext();
    ok(cuCtxCreate(fresh, 0, new CUdevice()));
    ok(cuCtxSynchronize());
  }

  /// The program's next test meets the error, not the finding.
  @Test
  void theFirstCallBehindAFindingSaysWhereTheErrorComesFrom() {
    PrintStream before = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      assertThat(TestKernels.launch(TestKernels.load().function("beyond"), 1, 1, 0, beyond()))
          .isNotZero();
      said.reset();
      fails(cuCtxSynchronize(), CudaResult.ILLEGAL_ADDRESS);
      fails(cuCtxSynchronize(), CudaResult.ILLEGAL_ADDRESS);
    } finally {
      System.setErr(before);
    }
    assertThat(said.toString(StandardCharsets.UTF_8))
        .hasLineCount(1)
        .contains("cuCtxSynchronize: the context failed with the finding of cuLaunchKernel above")
        .contains("keep-going");
  }

  @Test
  void aFindingNamesKernelAllocationAndLaunch() {
    assertThat(TestKernels.launch(TestKernels.load().function("beyond"), 1, 1, 0, beyond()))
        .isNotZero();
    assertThat(software.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.what()).isEqualTo(DriverFinding.What.KERNEL);
              assertThat(finding.call()).isEqualTo("cuLaunchKernel");
              assertThat(finding.result()).isEqualTo(CudaResult.ILLEGAL_ADDRESS);
              assertThat(finding.ofKernel().getFirst().kind()).isEqualTo(Kind.OUT_OF_BOUNDS);
              assertThat(finding.report())
                  .contains("beyond")
                  .contains("\"victim\"")
                  .contains("kernels.cu:")
                  .contains("JCudaDriver.cuLaunchKernel");
            });
  }

  @Test
  void eachKindOfFaultHasItsError() {
    fails(
        TestKernels.launch(TestKernels.load().function("crooked"), 1, 1, 0, crooked()),
        CudaResult.MISALIGNED_ADDRESS);
    CUcontext second = new CUcontext();
    ok(cuCtxCreate(second, 0, new CUdevice()));
    fails(
        TestKernels.launch(TestKernels.load().function("trapped"), 1, 1, 0, null),
        CudaResult.LAUNCH_FAILED);
    CUcontext third = new CUcontext();
    ok(cuCtxCreate(third, 0, new CUdevice()));
    ok(cuCtxSynchronize());
    ok(cuCtxSetCurrent(context));
    fails(cuCtxSynchronize(), CudaResult.MISALIGNED_ADDRESS);
  }

  private static Pointer crooked() {
    return TestKernels.pointers(TestKernels.ints(0, 0));
  }
}
