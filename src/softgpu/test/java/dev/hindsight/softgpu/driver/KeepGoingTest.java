package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.Kind;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import org.junit.jupiter.api.Test;

/// A finding is reported and the program goes on.
class KeepGoingTest extends DriverTest {
  KeepGoingTest() {
    super(Options.standard().withKeepGoing(true));
  }

  /// Threads 3 and 4 are beyond the end; the others do their work.
  @Test
  void aLaunchEndsAndItsContextLives() {
    CUdeviceptr x = TestKernels.floats(0, 0, 0);
    TestKernels kernels = TestKernels.load();
    Pointer inside = Pointer.to(Pointer.to(x), Pointer.to(new int[] {1}));
    ok(TestKernels.launch(kernels.function("beyond"), 1, 5, 0, inside));
    assertThat(TestKernels.floats(x, 3)).containsExactly(0, 1, 1);
    ok(cuCtxSynchronize());
    assertThat(software.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.call()).isEqualTo("cuLaunchKernel");
              assertThat(finding.result()).isEqualTo(CudaResult.SUCCESS);
              assertThat(finding.ofKernel()).hasSize(1);
              assertThat(finding.ofKernel().getFirst().kind()).isEqualTo(Kind.OUT_OF_BOUNDS);
              assertThat(finding.report()).contains("and 2 more of this kind");
            });
    software.clearFindings();
    ok(TestKernels.launch(kernels.function("increase"), 1, 1, 0, null));
    assertThat(software.findings()).isEmpty();
  }

  @Test
  void whatCannotGoOnIsAnErrorOfItsOwnCall() {
    TestKernels kernels = TestKernels.load();
    fails(TestKernels.launch(kernels.function("trapped"), 1, 1, 0, null), CudaResult.LAUNCH_FAILED);
    ok(cuCtxSynchronize());
    ok(TestKernels.launch(kernels.function("increase"), 1, 1, 0, null));
    assertThat(software.findings()).hasSize(1);
  }

  /// Nobody is served by a report of a hundred thousand findings, or by a launch cut short.
  @Test
  void manyFindingsDoNotEndALaunchEarly() {
    CUdeviceptr x = TestKernels.floats(0);
    TestKernels kernels = TestKernels.load();
    Pointer outside = Pointer.to(Pointer.to(x), Pointer.to(new int[] {1}));
    ok(TestKernels.launch(kernels.function("beyond"), 120, 1024, 0, outside));
    assertThat(software.findings().getFirst().report()).contains("and 122879 more of this kind");
  }
}
