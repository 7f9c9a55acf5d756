package dev.hindsight.backend.cuda.lstm;

import static jcuda.driver.JCudaDriver.cuFuncGetAttribute;
import static jcuda.driver.JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor;

import dev.hindsight.backend.cuda.device.Cuda;
import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Modules;
import java.util.List;
import jcuda.driver.CUfunction_attribute;
import org.jspecify.annotations.Nullable;

/// Whether the weights of an LSTM in fp32 fit on the chip of a GPU, and how, so that all its steps
/// can be one launch of `lstm_resident.cu` or `lstm_sample.cu`. The numbers are those of
/// `lstm_resident.cuh`.
public final class PersistentLstm {
  private static final int DEPTH = 64; // k of a stage
  private static final int PITCH = 64 + 4;

  private final CudaDevice device;
  private final int most;
  private final List<Share> forward;
  private final List<Share> backward;
  private final List<Share> sampling;
  private final List<Share> samplingOfClasses;

  /// A kernel whose blocks own `units` hidden units each.
  ///
  /// @param columns of weights that they multiply by
  /// @param kept the most stages of weights that their registers hold
  /// @param vectors (K) that lie in shared memory beside the weights
  private record Share(Kernel kernel, int units, int columns, int kept, int vectors) {
    private int stageBytes() {
      return DEPTH * columns * Float.BYTES;
    }

    /// The inputs of a stage, and its weights where they come from registers.
    private int bufferBytes() {
      return DEPTH * PITCH * Float.BYTES + (kept > 0 ? stageBytes() : 0);
    }

    /// All dynamic shared memory but the stages of weights.
    private int besideBytes(int allStages) {
      return bufferBytes() + vectors * allStages * DEPTH * Float.BYTES;
    }
  }

  /// A launch that keeps all weights.
  ///
  /// @param units of a block
  /// @param stages how many of their stages lie in shared memory, the others in registers
  public record Launch(Kernel kernel, int units, int blocks, int stages, int sharedBytes) {}

  /// For the GPU at hand.
  ///
  /// @param most bytes of shared memory that a block may take
  public PersistentLstm(Modules modules, CudaDevice device, int most) {
    this.device = device;
    this.most = most;
    this.forward =
        List.of(
            share(modules, "lstm_resident", "_8", 8, 32, 0, 0),
            share(modules, "lstm_resident", "_10", 10, 40, 4, 0));
    this.backward =
        List.of(
            share(modules, "lstm_resident", "_8_backward", 8, 8, 0, 0),
            share(modules, "lstm_resident", "_10_backward", 10, 10, 12, 0));
    this.sampling = sampling(modules, "");
    this.samplingOfClasses = sampling(modules, "_classes");
  }

  private static List<Share> sampling(Modules modules, String which) {
    return List.of(
        share(modules, "lstm_sample", which + "_8", 8, 32, 0, 1),
        share(modules, "lstm_sample", which + "_10", 10, 40, 4, 1));
  }

  private static Share share(
      Modules modules, String file, String which, int units, int columns, int kept, int vectors) {
    String name = file + which;
    var kernel = new Kernel(name, () -> modules.function(file, name), 32 * units);
    return new Share(kernel, units, columns, kept, vectors);
  }

  /// The forward launch of so many hidden units; null where they do not fit.
  public @Nullable Launch forward(int hidden) {
    return fitting(forward, hidden, hidden);
  }

  /// The same, backwards.
  public @Nullable Launch backward(int hidden) {
    return fitting(backward, hidden, 4 * hidden);
  }

  /// The launch that draws images.
  ///
  /// @param classes whether they have any
  public @Nullable Launch sampling(int hidden, boolean classes) {
    return fitting(classes ? samplingOfClasses : sampling, hidden, hidden);
  }

  /// Whether so many blocks of a kernel can run at once. Lets it have its shared memory.
  public boolean together(Kernel kernel, int blocks, int sharedBytes) {
    return device.launchesTogether()
        && sharedBytes <= room(kernel)
        && blocks <= (long) resident(kernel, sharedBytes) * device.multiprocessors();
  }

  /// The first of the kernels, hence the one with the most blocks, of which all blocks can run at
  /// once.
  private @Nullable Launch fitting(List<Share> shares, int hidden, int k) {
    int all = (k + DEPTH - 1) / DEPTH;
    for (Share share : shares) {
      Kernel kernel = share.kernel();
      int beside = share.besideBytes(all);
      int stages = Math.clamp((room(kernel) - beside) / share.stageBytes(), 0, all);
      int blocks = (hidden + share.units() - 1) / share.units();
      int shared = beside + stages * share.stageBytes();
      if (all - stages <= share.kept() && together(kernel, blocks, shared)) {
        return new Launch(kernel, share.units(), blocks, stages, shared);
      }
    }
    return null;
  }

  /// Dynamic shared memory that a block may take.
  private int room(Kernel kernel) {
    return Math.min(most, device.sharedBytesPerBlock()) - declaredBytes(kernel);
  }

  /// How many blocks a multiprocessor holds.
  private int resident(Kernel kernel, int sharedBytes) {
    device.allowShared(kernel.name(), kernel.function(), sharedBytes);
    int[] resident = new int[1];
    Cuda.check(
        cuOccupancyMaxActiveBlocksPerMultiprocessor(
            resident, kernel.function(), kernel.threads(), sharedBytes),
        "the occupancy of " + kernel.name());
    return resident[0];
  }

  /// Shared memory that the kernel has beside what a launch gives it.
  private int declaredBytes(Kernel kernel) {
    device.bind();
    int[] bytes = new int[1];
    Cuda.check(
        cuFuncGetAttribute(
            bytes, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, kernel.function()),
        "the shared memory of " + kernel.name());
    return bytes[0];
  }
}
