package dev.hindsight.backend.cuda;

import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor;

import dev.hindsight.backend.cuda.Launcher.Kernel;
import jcuda.driver.CUfunction_attribute;

/// Whether the weights of an LSTM fit into the shared memory of a GPU, so that all its steps can be
/// one launch of `lstm_resident.cu`, whose numbers these are.
final class LstmResidence {
  static final int UNITS = 8;
  private static final int DEPTH = 64;
  private static final int PITCH = 64 + 4;

  private final CudaDevice device;

  LstmResidence(CudaDevice device) {
    this.device = device;
  }

  static int blocks(int hidden) {
    return (hidden + UNITS - 1) / UNITS;
  }

  /// Resident weights (K, columns), K rounded up to whole stages, and one stage.
  static int sharedBytes(int k, int columns) {
    int padded = (k + DEPTH - 1) / DEPTH * DEPTH;
    return (padded * columns + DEPTH * PITCH) * Float.BYTES;
  }

  /// Whether so many blocks can run at once. Lets the kernel have its shared memory where they can.
  boolean fits(Kernel kernel, int blocks, long sharedBytes) {
    if (!device.launchesTogether() || sharedBytes > device.sharedBytesPerBlock()) {
      return false;
    }
    int shared = (int) sharedBytes;
    device.bind();
    Cuda.check(
        cuFuncSetAttribute(
            kernel.function(),
            CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
            shared),
        "%d bytes of shared memory for %s".formatted(shared, kernel.name()));
    int[] resident = new int[1];
    Cuda.check(
        cuOccupancyMaxActiveBlocksPerMultiprocessor(
            resident, kernel.function(), kernel.threads(), shared),
        "the occupancy of " + kernel.name());
    return blocks <= (long) resident[0] * device.multiprocessors();
  }
}
