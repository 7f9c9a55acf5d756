package dev.hindsight.backend.cuda.device;

import dev.hindsight.backend.BackendException;
import dev.hindsight.natives.JCudaNatives;
import dev.hindsight.natives.SharedLibrary;
import java.io.IOException;

/// Makes sure that there is a driver before JCuda is touched, whose own complaint is two nested
/// stack traces.
public final class CudaLibraries {
  public static final String DRIVER = "libcuda.so.1";

  private CudaLibraries() {}

  /// Fails where there is no driver.
  ///
  /// @param already the program has loaded a driver itself
  /// @throws BackendException when there is none
  public static void requireDriver(boolean already) {
    if (!already) {
      SharedLibrary driver = SharedLibrary.tryLoad(DRIVER);
      if (!driver.found()) {
        throw new BackendException(
            "cuda: wanted the NVIDIA driver's %s, got: %s; install it, or use --backend cpu or --device software"
                .formatted(DRIVER, driver.detail()));
      }
    }
    requireBinding("jcuda.driver.JCudaDriver");
  }

  /// Initialises one of JCuda's classes.
  ///
  /// @throws BackendException when it does not load
  public static void requireBinding(String type) {
    try {
      JCudaNatives.load(type);
    } catch (IOException e) {
      throw new BackendException("cuda: " + e.getMessage());
    }
  }
}
