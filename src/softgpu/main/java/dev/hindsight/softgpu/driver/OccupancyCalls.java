package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.device.Kernel;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.util.function.IntUnaryOperator;

/// How many blocks of a kernel run at once.
final class OccupancyCalls extends Calls {
  private static final FunctionDescriptor SHARED_OF_BLOCK =
      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT);

  OccupancyCalls(Driver driver) {
    super(driver);
  }

  @Shorter("cuOccupancyMaxActiveBlocksPerMultiprocessor")
  void cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
      long blocks, long function, int blockSize, long sharedBytes, int flags) {
    checkFlags(flags);
    Kernel kernel = function(function).kernel;
    Host.putInt(blocks, Occupancy.blocksPerMultiprocessor(kernel, blockSize, sharedBytes));
  }

  @Shorter("cuOccupancyMaxPotentialBlockSize")
  void cuOccupancyMaxPotentialBlockSizeWithFlags(
      long grid,
      long block,
      long function,
      long sharedOfBlock,
      long sharedBytes,
      int limit,
      int flags) {
    checkFlags(flags);
    IntUnaryOperator shared = sharedOfBlock == 0 ? _ -> (int) sharedBytes : callback(sharedOfBlock);
    Occupancy.Best best =
        Occupancy.best(function(function).kernel, shared, limit, driver.multiprocessors());
    Host.putInt(grid, best.grid());
    Host.putInt(block, best.block());
  }

  void cuOccupancyAvailableDynamicSMemPerBlock(
      long bytes, long function, int blocks, int blockSize) {
    require(blockSize > 0, "wanted a block of at least one thread, got %d", blockSize);
    Host.putLong(bytes, Occupancy.dynamicSharedFor(function(function), blocks));
  }

  /// `config` is a `CUlaunchConfig`.
  void cuOccupancyMaxActiveClusters(long clusters, long function, long config) {
    activeClusters(clusters, function(function), LaunchCalls.shape(config));
  }

  void activeClusters(long clusters, CudaFunction of, Shape asked) {
    Dim3 cluster = asked.clusterOr(of.clusters().required());
    Shape shape = asked.withCluster(cluster);
    String refusal =
        cluster == null
            ? "its clusters have no size"
            : of.clusters().refusal(shape.grid(), cluster, of.mostBlocksOfCluster());
    if (!refusal.isEmpty()) {
      throw new DriverException(CudaResult.INVALID_CLUSTER_SIZE, of + ": " + refusal);
    }
    Host.putInt(clusters, Occupancy.clusters(of.kernel, shape, driver.multiprocessors()));
  }

  void cuOccupancyMaxPotentialClusterSize(long blocks, long function, long config) {
    potentialCluster(blocks, function(function), LaunchCalls.shape(config));
  }

  /// What the kernel requires, or else as many blocks, a power of two, as run at once.
  void potentialCluster(long blocks, CudaFunction of, Shape asked) {
    Dim3 required = of.clusters().required();
    if (required != null) {
      Host.putInt(blocks, Math.toIntExact(required.count()));
      return;
    }
    int resident = Occupancy.clusters(of.kernel, asked.withCluster(null), driver.multiprocessors());
    int most = Math.min(of.clusters().most(), of.mostBlocksOfCluster());
    Host.putInt(blocks, Integer.highestOneBit(Math.min(most, resident)));
  }

  private static void checkFlags(int flags) {
    require(flags == 0 || flags == 1, "wanted occupancy flags 0 or 1, got %d", flags);
  }

  /// A C function from block size to bytes of dynamic shared memory.
  private static IntUnaryOperator callback(long address) {
    return block ->
        CFunction.call(address, SHARED_OF_BLOCK, block) instanceof Long bytes
            ? Math.toIntExact(bytes)
            : 0;
  }
}
