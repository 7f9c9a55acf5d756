package dev.hindsight.backend.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuInit;

import dev.hindsight.backend.BackendException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;

/// What this machine offers to CUDA: facts for `./hindsight devices` and for the choice of a
/// backend. Looks, and changes nothing.
///
/// @param devices the GPUs, in the driver's order
/// @param driver `580.82.07, CUDA 13.0`, or why there is none, in one line
/// @param libraries libcuda, libcublas and libcudnn by the names that could serve
/// @param bindings JCuda's classes and whether they load
public record CudaProbe(
    List<DeviceFacts> devices,
    String driver,
    List<SharedLibrary> libraries,
    List<Binding> bindings) {

  private static final List<String> LIBRARIES =
      List.of(CudaLibraries.DRIVER, "libcublas.so.12", "libcublas.so.13", "libcudnn.so.9");
  private static final Path KERNEL_MODULE = Path.of("/sys/module/nvidia/version");

  /// One of JCuda's classes.
  ///
  /// @param name `JCublas2`
  /// @param loads whether it is usable
  /// @param detail `loads`, or the reason why not
  public record Binding(String name, boolean loads, String detail) {
    @Override
    public String toString() {
      return name + ": " + detail;
    }
  }

  /// Whether `--backend cuda` can be expected to open.
  public boolean usable() {
    return !devices.isEmpty();
  }

  /// Looks at this machine.
  ///
  /// @param driverAlreadyLoaded the program has loaded a `libcuda.so.1` itself
  public static CudaProbe look(boolean driverAlreadyLoaded) {
    var devices = new ArrayList<DeviceFacts>();
    String driver;
    try {
      CudaLibraries.requireDriver(driverAlreadyLoaded);
      driver = version();
      devices.addAll(list());
    } catch (BackendException e) {
      driver = e.getMessage();
    }
    return new CudaProbe(
        List.copyOf(devices),
        driver,
        LIBRARIES.stream().map(SharedLibrary::tryLoad).toList(),
        List.of(
            binding("JCublas2", "jcuda.jcublas.JCublas2"),
            binding("JCudnn", "jcuda.jcudnn.JCudnn")));
  }

  private static String version() {
    int[] version = new int[1];
    Cuda.check(cuDriverGetVersion(version), "cuDriverGetVersion");
    String cuda = "CUDA %d.%d".formatted(version[0] / 1000, version[0] % 1000 / 10);
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

  private static Binding binding(String name, String type) {
    try {
      CudaLibraries.requireBinding(type);
      return new Binding(name, true, "loads");
    } catch (BackendException e) {
      return new Binding(name, false, e.getMessage());
    }
  }
}
