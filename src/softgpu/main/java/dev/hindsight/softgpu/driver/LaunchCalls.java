package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Dim3;

/// Launches. A kernel runs to its end before the call returns, so its fault is the call's result;
/// on a GPU it would be the result of a later call.
final class LaunchCalls extends Calls {
  private static final int COOPERATIVE = 2;

  LaunchCalls(Driver driver) {
    super(driver);
  }

  void cuLaunchKernel(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      long kernelParams,
      long extra) {
    CudaFunction of = function(function);
    byte[] parameters = KernelLaunch.parameters(of.kernel, kernelParams, extra);
    Dim3 grid = new Dim3(gridX, gridY, gridZ);
    Dim3 block = new Dim3(blockX, blockY, blockZ);
    submit(stream, new KernelLaunch(of, grid, block, sharedBytes, parameters, false));
  }

  void cuLaunchCooperativeKernel(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      long kernelParams) {
    CudaFunction of = function(function);
    byte[] parameters = KernelLaunch.parameters(of.kernel, kernelParams, 0);
    Dim3 grid = new Dim3(gridX, gridY, gridZ);
    Dim3 block = new Dim3(blockX, blockY, blockZ);
    var launch = new KernelLaunch(of, grid, block, sharedBytes, parameters, true);
    submit(stream, launch.together(driver.device.options().size().multiprocessors()));
  }

  /// `config` is a `CUlaunchConfig`.
  void cuLaunchKernelEx(long config, long function, long kernelParams, long extra) {
    int[] extents = new int[7];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = Host.getInt(config + 4L * i);
    }
    CudaFunction of = function(function);
    byte[] parameters = KernelLaunch.parameters(of.kernel, kernelParams, extra);
    Dim3 grid = new Dim3(extents[0], extents[1], extents[2]);
    Dim3 block = new Dim3(extents[3], extents[4], extents[5]);
    boolean together = cooperative(Host.getLong(config + 40), Host.getInt(config + 48));
    var launch = new KernelLaunch(of, grid, block, extents[6], parameters, together);
    int multiprocessors = driver.device.options().size().multiprocessors();
    submit(Host.getLong(config + 32), together ? launch.together(multiprocessors) : launch);
  }

  /// Whether one of these attributes of a launch makes it a cooperative one.
  static boolean cooperative(long attributes, int count) {
    boolean cooperative = false;
    for (int i = 0; i < count; i++) {
      long attribute = attributes + 72L * i;
      cooperative |= Host.getInt(attribute) == COOPERATIVE && Host.getInt(attribute + 8) != 0;
    }
    return cooperative;
  }

  void cuLaunch(long function) {
    cuLaunchGridAsync(function, 1, 1, 0);
  }

  @Shorter("cuLaunchGrid")
  void cuLaunchGridAsync(long function, int width, int height, long stream) {
    CudaFunction of = function(function);
    byte[] parameters = of.parameters.clone();
    Dim3 grid = new Dim3(width, height);
    submit(stream, new KernelLaunch(of, grid, of.block, of.shared, parameters, false));
  }

  void cuLaunchHostFunc(long stream, long function, long userData) {
    DriverException.require(function != 0, "wanted a function, got a null pointer");
    submit(stream, new Work.HostFunction(function, userData));
  }

  private void submit(long stream, KernelLaunch launch) {
    submit(stream, new Work.Launch(launch));
  }
}
