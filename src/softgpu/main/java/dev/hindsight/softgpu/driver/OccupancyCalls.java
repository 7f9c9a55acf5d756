package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

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
    int multiprocessors = driver.device.options().size().multiprocessors();
    Occupancy.Best best = Occupancy.best(function(function).kernel, shared, limit, multiprocessors);
    Host.putInt(grid, best.grid());
    Host.putInt(block, best.block());
  }

  void cuOccupancyAvailableDynamicSMemPerBlock(
      long bytes, long function, int blocks, int blockSize) {
    require(blockSize > 0, "wanted a block of at least one thread, got %d", blockSize);
    Host.putLong(bytes, Occupancy.dynamicSharedFor(function(function), blocks));
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
