package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Shape;

/// Launches. A kernel runs to its end before the call returns, so its fault is the call's result;
/// on a GPU it would be the result of a later call.
final class LaunchCalls extends Calls {
  static final int COOPERATIVE = 2;
  static final int CLUSTER = 4;

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
    submit(stream, launch(of, new Shape(grid, null, block, sharedBytes, false), parameters));
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
    submit(stream, launch(of, new Shape(grid, null, block, sharedBytes, true), parameters));
  }

  /// `config` is a `CUlaunchConfig`.
  void cuLaunchKernelEx(long config, long function, long kernelParams, long extra) {
    CudaFunction of = function(function);
    byte[] parameters = KernelLaunch.parameters(of.kernel, kernelParams, extra);
    submit(Host.getLong(config + 32), launch(of, shape(config), parameters));
  }

  /// What a `CUlaunchConfig` asks for.
  static Shape shape(long config) {
    int[] extents = new int[7];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = Host.getInt(config + 4L * i);
    }
    Dim3 grid = new Dim3(extents[0], extents[1], extents[2]);
    Dim3 block = new Dim3(extents[3], extents[4], extents[5]);
    return shape(grid, block, extents[6], config);
  }

  /// With the attributes of a `CUlaunchConfig`, or of the runtime library's, where they stand at
  /// the same place.
  static Shape shape(Dim3 grid, Dim3 block, int sharedBytes, long config) {
    Shape shape = new Shape(grid, null, block, sharedBytes, false);
    long attributes = Host.getLong(config + 40);
    for (int i = 0; i < Host.getInt(config + 48); i++) {
      long attribute = attributes + 72L * i;
      shape = with(shape, Host.getInt(attribute), attribute + 8);
    }
    return shape;
  }

  /// With one attribute of a launch; others than these change nothing here.
  static Shape with(Shape shape, int attribute, long value) {
    return switch (attribute) {
      case COOPERATIVE -> shape.withCooperative(Host.getInt(value) != 0);
      case CLUSTER ->
          shape.withCluster(
              new Dim3(Host.getInt(value), Host.getInt(value + 4), Host.getInt(value + 8)));
      default -> shape;
    };
  }

  void cuLaunch(long function) {
    cuLaunchGridAsync(function, 1, 1, 0);
  }

  @Shorter("cuLaunchGrid")
  void cuLaunchGridAsync(long function, int width, int height, long stream) {
    CudaFunction of = function(function);
    byte[] parameters = of.parameters.clone();
    Dim3 grid = new Dim3(width, height);
    submit(stream, launch(of, new Shape(grid, null, of.block, of.shared, false), parameters));
  }

  void cuLaunchHostFunc(long stream, long function, long userData) {
    DriverException.require(function != 0, "wanted a function, got a null pointer");
    submit(stream, new Work.HostFunction(function, userData));
  }
}
