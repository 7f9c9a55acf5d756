package dev.hindsight.backend.cuda.device;

import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuInit;

import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.GpuReport;
import dev.hindsight.backend.Precision;
import dev.hindsight.natives.SharedLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.CUdevice;
import org.jspecify.annotations.Nullable;

/// What this machine offers to CUDA. Looks, and changes nothing.
public final class CudaProbe {
  private static final List<String> LIBRARIES =
      List.of(
          CudaLibraries.DRIVER,
          "libcublas.so.12",
          "libcublas.so.13",
          "libcudnn.so.9",
          "libnccl.so.2");

  /// JCuda's names and classes.
  private static final List<List<String>> BINDINGS =
      List.of(
          List.of("JCublas2", "jcuda.jcublas.JCublas2"), List.of("JCudnn", "jcuda.jcudnn.JCudnn"));

  private static final Path KERNEL_MODULE = Path.of("/sys/module/nvidia/version");

  private CudaProbe() {}

  /// The GPUs, the driver as `580.82.07, CUDA 13.0`, and whether the libraries and JCuda's bindings
  /// to them load.
  public static GpuReport look() {
    List<DeviceFacts> gpus = List.of();
    int version = 0;
    String driver;
    try {
      CudaLibraries.requireDriver(false);
      version = version();
      driver = described(version);
      gpus = list();
    } catch (BackendException e) {
      driver = e.getMessage();
    }
    return new GpuReport(
        gpus.stream().map(DeviceFacts::toString).toList(),
        driver,
        Stream.concat(
                LIBRARIES.stream().map(name -> SharedLibrary.tryLoad(name).toString()),
                BINDINGS.stream().map(b -> binding(b.getFirst(), b.getLast())))
            .toList(),
        gpus.isEmpty() ? null : refusal(version, gpus.getFirst()));
  }

  /// Why a GPU that is there would not open, in one line; null where it would.
  ///
  /// @param version of the driver, see [CudaDevice#requireDriver]
  public static @Nullable String refusal(int version, DeviceFacts gpu) {
    try {
      CudaDevice.requireDriver(version);
      CudaDevice.require(Precision.FP32, gpu);
      return null;
    } catch (BackendException e) {
      return e.getMessage();
    }
  }

  /// Why no GPU can be opened, in one line, or null when one can be tried.
  public static @Nullable String missing() {
    try {
      CudaLibraries.requireDriver(false);
      return null;
    } catch (BackendException e) {
      return e.getMessage();
    }
  }

  private static int version() {
    int[] version = new int[1];
    Cuda.check(cuDriverGetVersion(version), "cuDriverGetVersion");
    return version[0];
  }

  private static String described(int version) {
    String cuda = "CUDA %d.%d".formatted(version / 1000, version % 1000 / 10);
    try {
      return Files.readString(KERNEL_MODULE).strip() + ", " + cuda;
    } catch (IOException e) { // no such module: not NVIDIA's kernel driver, or not visible here
      return cuda;
    }
  }

  private static List<DeviceFacts> list() {
    Cuda.check(cuInit(0), "cuInit");
    int[] count = new int[1];
    Cuda.check(cuDeviceGetCount(count), "cuDeviceGetCount");
    var found = new ArrayList<DeviceFacts>();
    for (int i = 0; i < count[0]; i++) {
      var device = new CUdevice();
      Cuda.check(cuDeviceGet(device, i), "cuDeviceGet");
      found.add(CudaDevice.facts(device));
    }
    return found;
  }

  /// `JCudnn: loads`, or why it does not.
  private static String binding(String name, String type) {
    try {
      CudaLibraries.requireBinding(type);
      return name + ": loads";
    } catch (BackendException e) {
      return name + ": " + e.getMessage();
    }
  }
}
