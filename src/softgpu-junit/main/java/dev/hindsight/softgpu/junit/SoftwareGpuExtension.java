package dev.hindsight.softgpu.junit;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.DriverFinding;
import dev.hindsight.softgpu.driver.InstalledDriver;
import java.util.List;
import java.util.stream.Collectors;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Gives a test its device and context, and has it fail with what was found.
final class SoftwareGpuExtension implements BeforeEachCallback, AfterEachCallback {
  @Override
  public void beforeEach(ExtensionContext test) {
    InstalledDriver driver = InstalledDriver.install(options(annotation(test)));
    driver.serveRuntimeApi();
    driver.clearFindings();
    succeed("cuInit", JCudaDriver.cuInit(0));
    succeed("cuCtxCreate", JCudaDriver.cuCtxCreate(new CUcontext(), 0, new CUdevice()));
  }

  @Override
  public void afterEach(ExtensionContext test) {
    InstalledDriver driver = InstalledDriver.installed();
    if (driver == null) {
      return; // it could not be installed, which JUnit has said
    }
    driver.end();
    forgetContexts();
    List<DriverFinding> findings = driver.findings();
    driver.clearFindings();
    if (!findings.isEmpty()) {
      throw new AssertionError(
          findings.stream()
              .map(f -> f.call() + ": " + f.report().stripTrailing())
              .collect(Collectors.joining("\n\n", "the software GPU found:\n", "")));
    }
  }

  /// Ended ones stay on the stack of their thread.
  private static void forgetContexts() {
    CUcontext none = new CUcontext();
    CUcontext left = new CUcontext();
    while (JCudaDriver.cuCtxGetCurrent(left) == CUresult.CUDA_SUCCESS && !left.equals(none)) {
      succeed("cuCtxPopCurrent", JCudaDriver.cuCtxPopCurrent(left));
    }
  }

  private static void succeed(String call, int result) {
    if (result != CUresult.CUDA_SUCCESS) {
      throw new IllegalStateException(call + ": " + CUresult.stringFor(result));
    }
  }

  private static Options options(SoftwareGpu wanted) {
    return Options.standard()
        .withChecks(Check.named(wanted.check()))
        .withScheduleSeed(wanted.scheduleSeed())
        .withPerturb(wanted.perturb())
        .withKeepGoing(wanted.keepGoing())
        .withStepBudget(wanted.stepLimit())
        .withMemoryBytes(wanted.memoryBytes());
  }

  /// Of the test, else of its class or of one around it.
  private static SoftwareGpu annotation(ExtensionContext test) {
    for (ExtensionContext at = test; at != null; at = at.getParent().orElse(null)) {
      @Nullable SoftwareGpu found =
          at.getElement().map(element -> element.getAnnotation(SoftwareGpu.class)).orElse(null);
      if (found != null) {
        return found;
      }
    }
    throw new IllegalStateException("wanted @SoftwareGpu on the test or its class");
  }
}
