package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.exec.ChildWork;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// A checked launch. Its parameters are copied when it is made, as CUDA does.
@SuppressWarnings("ArrayRecordComponent") // nobody compares launches
record KernelLaunch(CudaFunction function, Shape shape, byte[] parameters) {

  private static final long END = 0;
  private static final long BUFFER_POINTER = 1;
  private static final long BUFFER_SIZE = 2;

  /// How deep kernels may launch kernels (CUDA C++ Programming Guide, dynamic parallelism). A tail
  /// launch is no deeper than the kernel that it follows.
  private static final int MOST_DEPTH = 24;

  /// What a kernel of so many ancestors asked for.
  private record Asked(KernelLaunch by, ChildWork work, int depth) {}

  KernelLaunch {
    Kernel kernel = function.kernel;
    shape = shape.withCluster(shape.clusterOr(function.clusters().required()));
    Dim3 grid = shape.grid();
    Dim3 block = shape.block();
    int dynamicShared = shape.dynamicSharedBytes();
    if (!kernel.refusal().isEmpty()) {
      throw new DriverException(CudaResult.NOT_SUPPORTED, kernel.refusal());
    }
    require(
        inside(grid, Integer.MAX_VALUE, DeviceProperties.MAX_GRID_YZ, DeviceProperties.MAX_GRID_YZ),
        "%s: a grid of %s blocks; 1..2147483647 x 1..65535 x 1..65535 are allowed",
        kernel,
        grid);
    require(
        inside(block, 1024, 1024, DeviceProperties.MAX_BLOCK_Z) && block.count() <= 1024,
        "%s: a block of %s threads; at most 1024 in all and 64 along z are allowed",
        kernel,
        block);
    require(
        dynamicShared >= 0 && dynamicShared <= function.maxDynamicShared,
        "%s: %d bytes of dynamic shared memory; %d are allowed, cuFuncSetAttribute(8) allows more",
        kernel,
        dynamicShared,
        function.maxDynamicShared);
    int threads = (int) block.count();
    int resident = Occupancy.blocksPerMultiprocessor(kernel, threads, dynamicShared);
    if (threads > kernel.maxThreads() || resident == 0) {
      throw new DriverException(
          CudaResult.LAUNCH_OUT_OF_RESOURCES,
          String.format(
              "%s: a block of %d threads and %d bytes of shared memory; the kernel allows %d"
                  + " threads",
              kernel, threads, kernel.sharedBytes() + dynamicShared, kernel.maxThreads()));
    }
    String clusters =
        function.clusters().refusal(grid, shape.cluster(), function.mostBlocksOfCluster());
    if (!clusters.isEmpty()) {
      throw new DriverException(CudaResult.INVALID_CLUSTER_SIZE, kernel + ": " + clusters);
    }
  }

  /// This launch, of which blocks that must run at once fit so many multiprocessors.
  KernelLaunch fitting(int multiprocessors) {
    Dim3 cluster = shape.cluster();
    if (cluster != null && Occupancy.clusters(function.kernel, shape, multiprocessors) == 0) {
      throw new DriverException(
          CudaResult.INVALID_CLUSTER_SIZE,
          String.format(
              "%s: clusters of %d blocks do not fit %d multiprocessors",
              function, cluster.count(), multiprocessors));
    }
    return shape.cooperative() ? together(multiprocessors) : this;
  }

  /// All of its blocks must run at once.
  private KernelLaunch together(int multiprocessors) {
    Kernel kernel = function.kernel;
    Dim3 grid = shape.grid();
    int threads = (int) shape.block().count();
    int resident = Occupancy.blocksPerMultiprocessor(kernel, threads, shape.dynamicSharedBytes());
    long room = (long) resident * multiprocessors;
    if (grid.count() > room) {
      throw new DriverException(
          CudaResult.COOPERATIVE_LAUNCH_TOO_LARGE,
          String.format("%s: %d blocks must run at once, %d fit", kernel, grid.count(), room));
    }
    return this;
  }

  private static boolean inside(Dim3 extent, int x, int y, int z) {
    return extent.x() > 0
        && extent.y() > 0
        && extent.z() > 0
        && extent.x() <= x
        && extent.y() <= y
        && extent.z() <= z;
  }

  /// Gathers the parameter block from `kernelParams`, or from `extra` where that is null.
  static byte[] parameters(Kernel kernel, long kernelParams, long extra) {
    require(kernelParams == 0 || extra == 0, "%s: kernelParams and extra were both passed", kernel);
    byte[] block = new byte[kernel.parameterBytes()];
    if (extra != 0) {
      readExtra(kernel, extra, block);
      return block;
    }
    require(
        kernelParams != 0 || kernel.parameters().isEmpty(),
        "%s takes %d parameters, none were passed",
        kernel,
        kernel.parameters().size());
    for (int i = 0; i < kernel.parameters().size(); i++) {
      KernelParameter parameter = kernel.parameters().get(i);
      long value = Host.getLong(kernelParams + 8L * i);
      require(value != 0, "%s: parameter %d is a null pointer", kernel, i);
      MemorySegment.copy(
          Host.at(value, parameter.size()),
          0,
          MemorySegment.ofArray(block),
          parameter.offset(),
          parameter.size());
    }
    return block;
  }

  private static void readExtra(Kernel kernel, long extra, byte[] block) {
    long buffer = 0;
    long size = -1;
    for (long at = extra; Host.getLong(at) != END; at += 16) {
      long key = Host.getLong(at);
      require(key == BUFFER_POINTER || key == BUFFER_SIZE, "%s: extra holds key %d", kernel, key);
      if (key == BUFFER_POINTER) {
        buffer = Host.getLong(at + 8);
      } else {
        size = Host.getLong(Host.getLong(at + 8));
      }
    }
    require(
        size >= block.length,
        "%s: wanted %d bytes of parameters in extra, got %d",
        kernel,
        block.length,
        size);
    MemorySegment.copy(
        Host.at(buffer, block.length), 0, MemorySegment.ofArray(block), 0, block.length);
  }

  /// What kernels ask for runs behind them, launches with all that they ask for themselves: one of
  /// the orders that CUDA allows, since a kernel cannot wait for it.
  void run(Driver driver) {
    Deque<Asked> waiting = new ArrayDeque<>(); // no recursion: tail launches may go on for long
    runAlone(driver, waiting, 0);
    while (!waiting.isEmpty()) {
      Asked next = waiting.pop();
      Work work = next.by.work(driver, next.work);
      if (work instanceof Work.Launch(KernelLaunch launch)) {
        int depth = next.work.tail() ? next.depth : next.depth + 1;
        if (depth > MOST_DEPTH) {
          throw new DriverException(
              CudaResult.LAUNCH_FAILED,
              String.format(
                  "%s is launched by kernels %d deep, %d are allowed",
                  launch.function, depth, MOST_DEPTH));
        }
        launch.runAlone(driver, waiting, depth);
      } else {
        work.run(driver);
      }
    }
  }

  private Work work(Driver driver, ChildWork child) {
    return switch (child) {
      case ChildWork.Launch launch -> new Work.Launch(launchedBy(driver, launch));
      case ChildWork.Copy(long target, long source, long bytes, _) ->
          new Work.CopyBytes(Copy.unified(target, source, bytes));
      case ChildWork.Fill(long target, byte value, long bytes, _) ->
          new Work.FillBytes(Fill.flat(target, value, 1, bytes));
    };
  }

  private KernelLaunch launchedBy(Driver driver, ChildWork.Launch child) {
    Kernel kernel = function.module.code().kernelAt(child.kernel());
    if (kernel == null) {
      throw new DriverException(
          CudaResult.INVALID_DEVICE_FUNCTION,
          String.format("%s launches 0x%x, which is no kernel", function, child.kernel()));
    }
    Long handle = function.module.functions().get(kernel.name());
    CudaFunction of =
        handle == null
            ? new CudaFunction(kernel, function.module, function.moduleHandle)
            : driver.handles.get(handle, CudaFunction.class);
    byte[] passed = Arrays.copyOf(child.parameters(), kernel.parameterBytes());
    return new KernelLaunch(of, child.shape(), passed);
  }

  /// @param waiting to which is added, in front, what the kernel asks for
  private void runAlone(Driver driver, Deque<Asked> waiting, int depth) {
    try {
      driver.memory().use(driver.context().heap);
      driver.device.launch(function.kernel, shape, parameters);
    } catch (DeviceFault fault) {
      if (!fault.completed() || !driver.device.options().keepGoing()) {
        throw fault;
      }
      driver.report(fault, CudaResult.SUCCESS);
    }
    List<ChildWork> children = driver.device.takeChildren().reversed();
    for (boolean tail : new boolean[] {true, false}) { // the last one is pushed first
      for (ChildWork child : children) {
        if (child.tail() == tail) {
          waiting.push(new Asked(this, child, depth));
        }
      }
    }
  }
}
