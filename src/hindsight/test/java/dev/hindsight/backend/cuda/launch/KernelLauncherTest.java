package dev.hindsight.backend.cuda.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.CudaBackend;
import dev.hindsight.backend.cuda.SoftwareGpu;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import jcuda.driver.CUcontext;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A launch has the parameters that were put for it, whatever failed before, and the context of its
/// own GPU.
class KernelLauncherTest {
  @AfterEach
  void nothingElseIsFound() {
    SoftwareGpu.assertNoFindings();
  }

  private static void addsRightly(CudaBackend gpu) {
    try (Scope scope = gpu.open("next")) {
      Tensor ones = scope.floats(5);
      gpu.fill(ones, 1);
      gpu.add().accumulate(ones, ones);
      assertThat(gpu.readFloats(ones)).containsOnly(2);
    }
  }

  @Test
  void anOperandThatIsGoneLeavesNothingToTheNextLaunch() {
    try (CudaBackend gpu = SoftwareGpu.open(8);
        Scope scope = gpu.open("operands")) {
      Tensor here = scope.floats(5);
      Scope closed = gpu.open("closed");
      Tensor gone = closed.floats(5);
      closed.close();
      for (int k = 0; k < KernelLauncher.SLOTS; k++) { // as many as there are slots
        assertThatThrownBy(() -> gpu.add().forward(here, gone, here))
            .isInstanceOf(IllegalStateException.class);
      }
      addsRightly(gpu);
    }
  }

  @Test
  void aKernelThatDoesNotLoadLeavesNothingToTheNextLaunch() {
    InstalledDriver.install(Options.standard());
    try (var device = new CudaDevice(0, Precision.FP32);
        var modules = new Modules(device, Precision.FP32);
        var launcher = new KernelLauncher(device);
        CudaBackend gpu = SoftwareGpu.open(8);
        Scope scope = gpu.open("kernels")) {
      var missing = new Kernel("missing", () -> modules.function("add", "missing"), 256);
      var accumulate = new Kernel("accumulate", () -> modules.function("add", "accumulate"), 256);
      Tensor ones = scope.floats(5);
      gpu.fill(ones, 1);
      Tensor others = scope.zeros(5);
      gpu.synchronize();
      launcher.begin().put(others).put(others);
      assertThatThrownBy(() -> launcher.launchTogether(missing, 1, 0)).isNotNull();
      launcher.begin().put(others).put(others);
      assertThatThrownBy(() -> launcher.launch(missing, 1, 1)).isNotNull();
      launcher.begin().put(ones).put(ones).putLong(5);
      launcher.launch(accumulate, 1, 1);
      device.synchronize();
      assertThat(gpu.readFloats(ones)).containsOnly(2);
    }
  }

  @Test
  void aListThatDoesNotBeginIsRefused() {
    InstalledDriver.install(Options.standard());
    try (var device = new CudaDevice(0, Precision.FP32);
        var launcher = new KernelLauncher(device)) {
      assertThatThrownBy(() -> launcher.putInt(1)).isInstanceOf(IllegalStateException.class);
      var none = new Kernel("none", () -> null, 32);
      launcher.begin().putInt(1);
      launcher.launch(none, 0, 1);
      assertThatThrownBy(() -> launcher.putInt(1)).isInstanceOf(IllegalStateException.class);
    }
  }

  /// As a backend on another GPU does that works in the same thread.
  @Test
  void anotherContextThatIsCurrentIsNotUsed() {
    try (CudaBackend gpu = SoftwareGpu.open(8)) {
      addsRightly(gpu);
      assertThat(JCudaDriver.cuCtxSetCurrent(new CUcontext())).isEqualTo(CUresult.CUDA_SUCCESS);
      addsRightly(gpu);
    }
  }

  @Test
  void aKernelThatFindsNoMemoryIsToldAsSuch() {
    assertThat(Modules.refused("add of add.ptx", CUresult.CUDA_ERROR_OUT_OF_MEMORY, ""))
        .isEqualTo(
            "cuda: wanted GPU memory for add of add.ptx, got none free; use a smaller --batch, or"
                + " end what else computes on this GPU");
    assertThat(Modules.refused("add of add.ptx", CUresult.CUDA_ERROR_INVALID_PTX, " line 1\nbad "))
        .isEqualTo(
            "cuda: wanted the driver to compile add of add.ptx, got CUDA_ERROR_INVALID_PTX (218):"
                + " line 1 bad; update the NVIDIA driver");
  }
}
