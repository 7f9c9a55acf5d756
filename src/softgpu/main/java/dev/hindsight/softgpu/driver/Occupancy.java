package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.device.Kernel;
import java.util.function.IntUnaryOperator;

/// How many blocks of a kernel fit a multiprocessor of compute capability 9.0. Registers are the
/// engine's estimate, so a real GPU may answer otherwise.
final class Occupancy {
  private static final int WARP_REGISTER_UNIT = 256;
  private static final long SHARED_UNIT = 128;

  private Occupancy() {}

  /// A block size and the grid that fills the device with it.
  record Best(int grid, int block) {}

  static int blocksPerMultiprocessor(Kernel kernel, int threads, long dynamicShared) {
    require(threads > 0, "%s: wanted a block of at least one thread, got %d", kernel, threads);
    if (threads > kernel.maxThreads() || threads > DeviceProperties.MAX_THREADS_PER_BLOCK) {
      return 0;
    }
    int warps = (threads + DeviceProperties.WARP - 1) / DeviceProperties.WARP;
    int warpRegisters =
        roundUp(Math.max(1, kernel.registers()) * DeviceProperties.WARP, WARP_REGISTER_UNIT);
    long shared = sharedOfBlock(kernel, dynamicShared);
    if (shared > DeviceProperties.SHARED_PER_MULTIPROCESSOR) {
      return 0;
    }
    int byThreads = DeviceProperties.THREADS_PER_MULTIPROCESSOR / DeviceProperties.WARP / warps;
    // One block always fits: more registers than that are an estimate that ptxas would have
    // spilled.
    int byRegisters =
        Math.max(1, DeviceProperties.REGISTERS_PER_MULTIPROCESSOR / warpRegisters / warps);
    int byShared = (int) (DeviceProperties.SHARED_PER_MULTIPROCESSOR / shared);
    return Math.min(
        Math.min(byThreads, byRegisters),
        Math.min(byShared, DeviceProperties.BLOCKS_PER_MULTIPROCESSOR));
  }

  /// How many clusters run at once on so many of them.
  static int clusters(Kernel kernel, Shape shape, int multiprocessors) {
    int threads = Math.toIntExact(shape.block().count());
    long resident = blocksPerMultiprocessor(kernel, threads, shape.dynamicSharedBytes());
    Dim3 cluster = shape.cluster();
    return (int) (resident * multiprocessors / (cluster == null ? 1 : cluster.count()));
  }

  /// On `multiprocessors` of them, the block size of most resident threads; the largest among
  /// equals, as CUDA chooses.
  static Best best(Kernel kernel, IntUnaryOperator dynamicShared, int limit, int multiprocessors) {
    int most = Math.min(kernel.maxThreads(), limit == 0 ? Integer.MAX_VALUE : limit);
    int bestThreads = 0;
    int bestBlock = 0;
    int bestBlocks = 0;
    for (int block = most;
        block > 0;
        block = (block - 1) / DeviceProperties.WARP * DeviceProperties.WARP) {
      int blocks = blocksPerMultiprocessor(kernel, block, dynamicShared.applyAsInt(block));
      if (blocks * block > bestThreads) {
        bestThreads = blocks * block;
        bestBlock = block;
        bestBlocks = blocks;
      }
    }
    return new Best(bestBlocks * multiprocessors, bestBlock);
  }

  /// Dynamic shared memory that each of `blocks` blocks on one multiprocessor may have.
  static long dynamicSharedFor(CudaFunction function, int blocks) {
    require(blocks > 0, "%s: wanted at least one block, got %d", function, blocks);
    long each = DeviceProperties.SHARED_PER_MULTIPROCESSOR / blocks / SHARED_UNIT * SHARED_UNIT;
    long free = each - DeviceProperties.SHARED_RESERVED_PER_BLOCK - function.kernel.sharedBytes();
    return Math.clamp(free, 0, DeviceProperties.SHARED_PER_BLOCK_OPT_IN);
  }

  private static long sharedOfBlock(Kernel kernel, long dynamicShared) {
    long wanted = dynamicShared + kernel.sharedBytes() + DeviceProperties.SHARED_RESERVED_PER_BLOCK;
    return (wanted + SHARED_UNIT - 1) / SHARED_UNIT * SHARED_UNIT;
  }

  private static int roundUp(int value, int unit) {
    return (value + unit - 1) / unit * unit;
  }
}
