package dev.hindsight.softgpu.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// What becomes of tests that carry the annotation.
class SoftwareGpuTest {
  private static final String PTX =
      """
      .version 6.3
      .target sm_75
      .address_size 64
      .visible .entry store(.param .u64 x, .param .u32 at)
      {
        .reg .b32 %r<3>; .reg .b64 %rd<3>;
        ld.param.u64 %rd1, [x];
        ld.param.u32 %r1, [at];
        mad.wide.u32 %rd1, %r1, 4, %rd1;
        st.global.u32 [%rd1], 7;
        ret;
      }
      .visible .entry loops() { AGAIN: bra AGAIN; }
      """;

  /// Stores to the one word of an allocation, or beside it.
  private static void store(int at) {
    CUdeviceptr x = new CUdeviceptr();
    assertThat(JCudaDriver.cuMemAlloc(x, 4)).isEqualTo(CUresult.CUDA_SUCCESS);
    assertThat(launch("store", Pointer.to(Pointer.to(x), Pointer.to(new int[] {at}))))
        .isEqualTo(CUresult.CUDA_SUCCESS);
    assertThat(JCudaDriver.cuMemFree(x)).isEqualTo(CUresult.CUDA_SUCCESS);
  }

  private static int launch(String kernel, Pointer parameters) {
    CUmodule module = new CUmodule();
    CUfunction function = new CUfunction();
    JCudaDriver.cuModuleLoadData(module, (PTX + "\0").getBytes(UTF_8));
    JCudaDriver.cuModuleGetFunction(function, module, kernel);
    return JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, null, parameters, null);
  }

  @SoftwareGpu
  static class OfAClass {
    @BeforeEach
    void aContextIsThere() {
      assertThat(JCudaDriver.cuCtxSynchronize()).isEqualTo(CUresult.CUDA_SUCCESS);
    }

    @Test
    void passes() {
      store(0);
    }

    @Test
    void storesBesideIt() {
      store(1);
      store(0);
    }

    @Test
    void leaks() {
      JCudaDriver.cuMemAlloc(new CUdeviceptr(), 48);
    }

    @Test
    @SoftwareGpu(check = "standard,-leak")
    void leaksUnasked() {
      JCudaDriver.cuMemAlloc(new CUdeviceptr(), 48);
    }

    @Test
    @SoftwareGpu(keepGoing = false)
    void stopsAtOnce() {
      store(1);
    }

    @Test
    @SoftwareGpu(stepLimit = 1000)
    void neverEnds() {
      launch("loops", Pointer.to());
    }

    @Test
    @SoftwareGpu(memoryBytes = 1000)
    void hasLittleMemory() {
      assertThat(JCudaDriver.cuMemAlloc(new CUdeviceptr(), 1001))
          .isEqualTo(CUresult.CUDA_ERROR_OUT_OF_MEMORY);
    }

    @Nested
    class Inside {
      @Test
      void storesFarBesideIt() {
        store(9);
      }
    }
  }

  /// By the test's name: what it failed with, or nothing.
  private static Map<String, String> outcomes(Class<?> tests) {
    Map<String, String> outcomes = new LinkedHashMap<>();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(tests))
                .build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  String why = result.getThrowable().map(Throwable::toString).orElse("");
                  outcomes.put(test.getDisplayName().replace("()", ""), why);
                }
              }
            });
    return outcomes;
  }

  @Test
  void aTestFailsWithWhatWasFoundAndTheNextOneIsFresh() {
    Map<String, String> outcomes = outcomes(OfAClass.class);
    assertThat(outcomes)
        .hasSize(8)
        .containsEntry("passes", "")
        .containsEntry("leaksUnasked", "")
        .containsEntry("hasLittleMemory", "");
    assertThat(outcomes.get("storesBesideIt"))
        .contains("the software GPU found:\ncuLaunchKernel: Invalid __global__ write of size 4")
        .contains("SoftwareGpuTest.java:");
    assertThat(outcomes.get("storesFarBesideIt")).contains("32 bytes after the end of");
    assertThat(outcomes.get("leaks")).contains("leaked 48 bytes");
    assertThat(outcomes.get("stopsAtOnce")).contains("AssertionFailedError");
    assertThat(outcomes.get("neverEnds")).contains("Launch never ends");
  }
}
