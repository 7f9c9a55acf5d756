package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.device.Kernel;

/// CUDA's runtime library: launches and what functions are. A `dim3` arrives as two words, as C
/// passes it.
final class RuntimeLaunchCalls extends Calls {

  private final Registrations registered;
  private final FunctionCalls functions;
  private final OccupancyCalls occupancy;

  RuntimeLaunchCalls(
      Driver driver, Registrations registered, FunctionCalls functions, OccupancyCalls occupancy) {
    super(driver);
    this.registered = registered;
    this.functions = functions;
    this.occupancy = occupancy;
  }

  void cudaLaunchKernel(
      long function,
      long gridXY,
      long gridZ,
      long blockXY,
      long blockZ,
      long arguments,
      long shared,
      long stream) {
    launch(function, dim3(gridXY, gridZ), dim3(blockXY, blockZ), arguments, shared, stream, false);
  }

  void cudaLaunchCooperativeKernel(
      long function,
      long gridXY,
      long gridZ,
      long blockXY,
      long blockZ,
      long arguments,
      long shared,
      long stream) {
    launch(function, dim3(gridXY, gridZ), dim3(blockXY, blockZ), arguments, shared, stream, true);
  }

  /// `config` is a `cudaLaunchConfig_t`.
  void cudaLaunchKernelExC(long config, long function, long arguments) {
    boolean cooperative =
        LaunchCalls.cooperative(Host.getLong(config + 40), Host.getInt(config + 48));
    Dim3 grid = dim3(Host.getLong(config), Host.getInt(config + 8));
    Dim3 block = dim3(Host.getLong(config + 12), Host.getInt(config + 20));
    long shared = Host.getLong(config + 24);
    launch(function, grid, block, arguments, shared, Host.getLong(config + 32), cooperative);
  }

  private static Dim3 dim3(long xy, long z) {
    return new Dim3((int) xy, (int) (xy >>> 32), (int) z);
  }

  private void launch(
      long stub,
      Dim3 grid,
      Dim3 block,
      long arguments,
      long shared,
      long stream,
      boolean cooperative) {
    CudaFunction of = function(registered.function(stub));
    byte[] parameters = KernelLaunch.parameters(of.kernel, arguments, 0);
    KernelLaunch launch;
    try {
      launch = new KernelLaunch(of, grid, block, Math.toIntExact(shared), parameters, cooperative);
    } catch (DriverException e) {
      throw e.result == CudaResult.INVALID_VALUE
          ? new DriverException(CudaResult.INVALID_CONFIGURATION, e.reason())
          : e;
    }
    if (cooperative) {
      launch.together(driver.device.options().size().multiprocessors());
    }
    submit(stream, new Work.Launch(launch));
  }

  void cudaFuncSetAttribute(long function, int attribute, int value) {
    functions.cuFuncSetAttribute(registered.function(function), attribute, value);
  }

  void cudaFuncSetCacheConfig(long function, int config) {
    functions.cuFuncSetCacheConfig(registered.function(function), config);
  }

  void cudaFuncSetSharedMemConfig(long function, int config) {
    functions.cuFuncSetSharedMemConfig(registered.function(function), config);
  }

  /// Fills a `cudaFuncAttributes`.
  void cudaFuncGetAttributes(long attributes, long function) {
    long handle = registered.function(function);
    Kernel kernel = function(handle).kernel;
    Host.putLong(attributes, kernel.sharedBytes());
    Host.putLong(attributes + 8, 0);
    Host.putLong(attributes + 16, kernel.localBytes());
    int[] rest = {0, 4, 5, 6, 7, 8, 9};
    for (int i = 0; i < rest.length; i++) {
      functions.cuFuncGetAttribute(attributes + 24 + 4L * i, rest[i], handle);
    }
    Host.at(attributes + 52, 24).fill((byte) 0); // of clusters
  }

  void cudaFuncGetName(long name, long function) {
    functions.cuFuncGetName(name, registered.function(function));
  }

  /// Loads the binary whose managed variables the program is about to touch.
  void cudaInitModule(long binary) {
    registered.load(binary);
  }

  /// The driver's handle of a kernel.
  void cudaGetFuncBySymbol(long function, long symbol) {
    Host.putLong(function, registered.function(symbol));
  }

  @Shorter("cudaOccupancyMaxActiveBlocksPerMultiprocessor")
  void cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
      long blocks, long function, int blockSize, long shared, int flags) {
    occupancy.cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
        blocks, registered.function(function), blockSize, shared, flags);
  }

  void cudaOccupancyAvailableDynamicSMemPerBlock(
      long bytes, long function, int blocks, int blockSize) {
    occupancy.cuOccupancyAvailableDynamicSMemPerBlock(
        bytes, registered.function(function), blocks, blockSize);
  }
}
