package dev.hindsight.backend.cuda.lstm;

import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Modules;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Launches `lstm_resident_mma.cuh`, or backwards `lstm_resident_cluster.cuh`: all steps of a
/// recurrence in bf16 at once, with the weights in registers. The numbers are those of these files.
public final class LstmOnTensorCores {
  private static final String FILE = "lstm_resident";
  private static final int WARPS = 8;
  private static final int HELD = 64; // rows of weights of a block
  private static final int UNITS = HELD / 4;
  private static final int DEPTH = 1024; // k of a block
  private static final int ALIGNMENT = 16;

  private static final int CLUSTER = 4; // blocks of one
  private static final int CLUSTER_UNITS = 80;

  /// Compute capability of the GPU of which is known how many clusters run at once.
  private static final int GH100 = 90;

  /// Where the blocks of a cluster lie together. JCuda lacks `cuOccupancyMaxActiveClusters`.
  private static final int MOST_GPCS = 8;

  /// Rows of the batch that a block multiplies at once, and kernels that do.
  private static final int[] ROWS = {8, 16, 32};

  private final KernelLauncher launcher;
  private final PersistentLstm residence;
  private final int multiprocessors;
  private final long scratch;
  private final long scratchBytes;
  private final Kernel[] forward;
  private final Kernel[] backward;
  private final Kernel[] clusters;
  private final int blocksOfClusters;

  /// For a GPU of this size.
  ///
  /// @param capability compute capability, 80 for 8.0
  public LstmOnTensorCores(
      Kernels kernels, PersistentLstm residence, int multiprocessors, int capability) {
    this.launcher = kernels.launcher();
    this.residence = residence;
    this.multiprocessors = multiprocessors;
    this.scratch = kernels.scratch();
    this.scratchBytes = kernels.geometry().scratchBytes();
    forward = kernels(kernels.modules(), FILE, "");
    backward = kernels(kernels.modules(), FILE, "_backward");
    clusters = kernels(kernels.modules(), FILE + "_cluster", "_backward_cluster");
    int certain = Math.max(0, multiprocessors - MOST_GPCS * (CLUSTER - 1)) / CLUSTER;
    blocksOfClusters = capability == GH100 ? certain * CLUSTER : 0;
  }

  private static Kernel[] kernels(Modules modules, String file, String way) {
    return Arrays.stream(ROWS)
        .mapToObj(
            rows -> {
              String name = "lstm_resident_rows_" + rows + way;
              return new Kernel(
                  name, () -> modules.function(file, name, ElementType.BF16), 32 * WARPS);
            })
        .toArray(Kernel[]::new);
  }

  /// A launch of which all blocks run at once, one per multiprocessor.
  public record Launch(Kernel kernel, int blocks, int sharedBytes) {}

  /// Whether it did what [dev.hindsight.backend.cuda.CudaLstm#forward] wants.
  public boolean forward(Tensor packed, Tensor h, Tensor c, Tensor gates) {
    int batch = gates.dim(1);
    int hidden = h.channels();
    Launch launch = aligned(packed, h, c, gates) ? forward(batch, hidden) : null;
    if (launch == null) {
      return false;
    }
    launcher.begin().put(packed).put(h).put(c).put(gates);
    launcher.putInt(gates.dim(0)).putInt(batch).putInt(hidden);
    launcher.launchTogether(launch.kernel(), launch.blocks(), launch.sharedBytes());
    return true;
  }

  /// Whether it did what [dev.hindsight.backend.cuda.CudaLstm#backward] wants.
  public boolean backward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    int batch = gates.dim(1);
    int hidden = c.channels();
    if (!aligned(wh, c, gates, dh, dc)) {
      return false;
    }
    Launch onClusters = backwardOnClusters(batch, hidden);
    Launch launch = onClusters != null ? onClusters : backward(batch, hidden);
    if (launch == null) {
      return false;
    }
    launcher.begin().put(wh).put(c).put(gates).put(dh).put(dc);
    if (onClusters == null) {
      launcher.putAddress(scratch);
    }
    launcher.putInt(gates.dim(0)).putInt(batch).putInt(hidden);
    launcher.launchTogether(launch.kernel(), launch.blocks(), launch.sharedBytes());
    return true;
  }

  /// The forward launch of a batch and so many hidden units; null where they do not fit.
  public @Nullable Launch forward(int batch, int hidden) {
    return hidden <= DEPTH
        ? fitting(forward, batch, hidden, HELD, Math.ceilDiv(hidden, UNITS), multiprocessors)
        : null;
  }

  /// The same, backwards, where what each chunk of K adds must have room too.
  public @Nullable Launch backward(int batch, int hidden) {
    int chunks = Math.ceilDiv(4 * hidden, DEPTH);
    boolean room = (long) chunks * batch * hidden * Float.BYTES <= scratchBytes;
    int across = Math.ceilDiv(hidden, HELD) * chunks;
    return room ? fitting(backward, batch, hidden, HELD, across, multiprocessors) : null;
  }

  /// The same on clusters, which take the whole batch at once; null where they do not run all at
  /// once for certain.
  public @Nullable Launch backwardOnClusters(int batch, int hidden) {
    int across = Math.ceilDiv(hidden, CLUSTER_UNITS) * CLUSTER;
    int parts = Math.ceilDiv(batch, ROWS[ROWS.length - 1]);
    return 4 * hidden <= CLUSTER * DEPTH && across * parts <= blocksOfClusters
        ? fitting(clusters, batch, hidden, CLUSTER_UNITS, across, blocksOfClusters)
        : null;
  }

  private static boolean aligned(Tensor... tensors) {
    return Arrays.stream(tensors).allMatch(tensor -> tensor.address() % ALIGNMENT == 0);
  }

  /// The fewest rows at once for which there is a block for all rows of the batch; else the most,
  /// and blocks that take several of them in turn.
  ///
  /// @param held rows of weights of a block
  /// @param across blocks that hold all weights
  /// @param atOnce blocks that run at once
  private @Nullable Launch fitting(
      Kernel[] kernels, int batch, int hidden, int held, int across, int atOnce) {
    if (hidden % (ALIGNMENT / ElementType.BF16.bytes()) != 0 || across > atOnce) {
      return null;
    }
    int most = atOnce / across;
    int which = 0;
    while (which + 1 < ROWS.length && Math.ceilDiv(batch, ROWS[which]) > most) {
      which++;
    }
    int blocks = across * Math.min(most, Math.ceilDiv(batch, ROWS[which]));
    int shared = WARPS * ROWS[which] * (held + 4) * Float.BYTES;
    Kernel kernel = kernels[which];
    return residence.together(kernel, blocks, shared) ? new Launch(kernel, blocks, shared) : null;
  }
}
