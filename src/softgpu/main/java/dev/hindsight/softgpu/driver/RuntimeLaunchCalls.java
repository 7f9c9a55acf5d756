package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Shape;
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
    Dim3 grid = dim3(gridXY, gridZ);
    Shape shape = new Shape(grid, null, dim3(blockXY, blockZ), Math.toIntExact(shared), false);
    launch(function, shape, arguments, stream);
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
    Dim3 grid = dim3(gridXY, gridZ);
    Shape shape = new Shape(grid, null, dim3(blockXY, blockZ), Math.toIntExact(shared), true);
    launch(function, shape, arguments, stream);
  }

  /// `config` is a `cudaLaunchConfig_t`.
  void cudaLaunchKernelExC(long config, long function, long arguments) {
    launch(function, shape(config), arguments, Host.getLong(config + 32));
  }

  private static Shape shape(long config) {
    Dim3 grid = dim3(Host.getLong(config), Host.getInt(config + 8));
    Dim3 block = dim3(Host.getLong(config + 12), Host.getInt(config + 20));
    return LaunchCalls.shape(grid, block, Math.toIntExact(Host.getLong(config + 24)), config);
  }

  private static Dim3 dim3(long xy, long z) {
    return new Dim3((int) xy, (int) (xy >>> 32), (int) z);
  }

  private void launch(long stub, Shape shape, long arguments, long stream) {
    CudaFunction of = function(registered.function(stub));
    byte[] parameters = KernelLaunch.parameters(of.kernel, arguments, 0);
    Work.Launch launch;
    try {
      launch = launch(of, shape, parameters);
    } catch (DriverException e) {
      throw e.result == CudaResult.INVALID_VALUE
          ? new DriverException(CudaResult.INVALID_CONFIGURATION, e.reason())
          : e;
    }
    submit(stream, launch);
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
    int[] rest = {0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 14};
    for (int i = 0; i < rest.length; i++) {
      functions.cuFuncGetAttribute(attributes + 24 + 4L * i, rest[i], handle);
    }
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

  void cudaOccupancyMaxActiveClusters(long clusters, long function, long config) {
    occupancy.activeClusters(clusters, function(registered.function(function)), shape(config));
  }

  void cudaOccupancyMaxPotentialClusterSize(long blocks, long function, long config) {
    occupancy.potentialCluster(blocks, function(registered.function(function)), shape(config));
  }
}
