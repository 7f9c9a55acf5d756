package dev.hindsight.softgpu.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Options;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// Calls the software driver through the real JCuda, with a fresh context for each test.
abstract class DriverTest {
  final InstalledDriver software;
  final CUcontext context = new CUcontext();

  DriverTest() {
    this(Options.standard());
  }

  DriverTest(Options options) {
    software = InstalledDriver.install(options);
  }

  @BeforeEach
  void createContext() {
    JCudaDriver.setExceptionsEnabled(false);
    ok(JCudaDriver.cuInit(0));
    ok(JCudaDriver.cuCtxCreate(context, 0, new CUdevice()));
    software.clearFindings();
  }

  @AfterEach
  void endContexts() {
    software.end();
    CUcontext left = new CUcontext();
    ok(JCudaDriver.cuCtxGetCurrent(left));
    while (!left.equals(new CUcontext())) {
      ok(JCudaDriver.cuCtxPopCurrent(left));
      ok(JCudaDriver.cuCtxGetCurrent(left));
    }
  }

  /// There is one finding, and its report has these words.
  void found(String... words) {
    assertThat(software.findings())
        .singleElement()
        .satisfies(one -> assertThat(one.report()).contains(words));
  }

  static void fails(int result, CudaResult error) {
    assertThat(CUresult.stringFor(result)).isEqualTo(error.cudaName());
  }

  static void ok(int result) {
    assertThat(CUresult.stringFor(result)).isEqualTo("CUDA_SUCCESS");
  }
}
