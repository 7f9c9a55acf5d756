package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Recurrence;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.backend.cuda.Shapes.Tiles;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `lstm_resident.cu`, all steps at once, where the weights fit on the chip, else
/// `lstm.cu`, step by step; and `swap_axes.cu`.
final class RecurrenceKernels implements Recurrence {
  private static final int TILE_THREADS = 128;
  private static final int THREADS = 256;
  private static final int SUM_BLOCKS = 4; // of 16 rows each

  private final Launcher launcher;
  private final Shapes shapes;
  private final CudaMemory memory;
  private final long partial;
  private final @Nullable LstmResidence residence;
  private final Kernel step;
  private final Kernel stepSum;
  private final Kernel stepBackward;
  private final Kernel stepBackwardSum;
  private final Kernel lastBackward;
  private final Kernel resident;
  private final Kernel residentBackward;
  private final Kernel swapAxes;

  /// @param residence null launches step by step always
  RecurrenceKernels(
      Modules modules,
      Launcher launcher,
      Shapes shapes,
      CudaMemory memory,
      long partial,
      @Nullable LstmResidence residence) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.memory = memory;
    this.partial = partial;
    this.residence = residence;
    step = kernel(modules, "lstm", "lstm_step", TILE_THREADS);
    stepSum = kernel(modules, "lstm", "lstm_step_sum", THREADS);
    stepBackward = kernel(modules, "lstm", "lstm_step_backward", TILE_THREADS);
    stepBackwardSum = kernel(modules, "lstm", "lstm_step_backward_sum", THREADS);
    lastBackward = kernel(modules, "lstm", "lstm_last_backward", THREADS);
    resident = kernel(modules, "lstm_resident", "lstm_resident", THREADS);
    residentBackward = kernel(modules, "lstm_resident", "lstm_resident_backward", THREADS);
    swapAxes = kernel(modules, "swap_axes", "swap_axes", THREADS);
  }

  private static Kernel kernel(Modules modules, String file, String name, int threads) {
    return new Kernel(name, modules.function(file, name), threads);
  }

  @Override
  public void packLstm(Tensor wh, Tensor packed) {
    memory.copy(wh.address(), packed.address(), wh.size() * Float.BYTES);
  }

  @Override
  public void lstm(Tensor packed, Tensor h, Tensor c, Tensor gates) {
    int length = gates.dim(0);
    int batch = gates.dim(1);
    int hidden = h.channels();
    if (gates.size() == 0) {
      return;
    }
    int blocks = LstmResidence.blocks(hidden);
    int shared = LstmResidence.sharedBytes(hidden, 4 * LstmResidence.UNITS);
    if (length > 1 && residence != null && residence.fits(resident, blocks, shared)) {
      launcher.put(packed).put(h).put(c).put(gates);
      launcher.putInt(length).putInt(batch).putInt(hidden);
      launcher.launchTogether(resident, blocks, shared);
      return;
    }
    Tiles tiles = shapes.dense(batch, 4 * hidden, hidden);
    for (int t = 0; t < length; t++) {
      launcher.put(packed).putAddress(slot(h, t)).putAddress(slot(c, t));
      launcher.putAddress(slot(gates, t)).putAddress(partial);
      launcher.putInt(batch).putInt(hidden).putInt(tiles.chunk());
      launch(step, stepSum, tiles);
    }
  }

  @Override
  public void lstmBackward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    int length = gates.dim(0);
    int batch = gates.dim(1);
    int hidden = c.channels();
    if (gates.size() == 0) {
      return;
    }
    int blocks = LstmResidence.blocks(hidden);
    int shared = LstmResidence.sharedBytes(4 * hidden, LstmResidence.UNITS);
    if (length > 1 && residence != null && residence.fits(residentBackward, blocks, shared)) {
      launcher.put(wh).put(c).put(gates).put(dh).put(dc);
      launcher.putInt(length).putInt(batch).putInt(hidden);
      launcher.launchTogether(residentBackward, blocks, shared);
      return;
    }
    int last = length - 1;
    launcher.putAddress(slot(c, last)).putAddress(slot(gates, last)).putAddress(slot(dh, last));
    launcher.put(dc).putInt(batch).putInt(hidden);
    launcher.launch(lastBackward, shapes.stride((long) batch * hidden, THREADS), 1);
    Tiles tiles = shapes.dense(batch, hidden, 4 * hidden);
    for (int t = last - 1; t >= 0; t--) {
      launcher.put(wh).putAddress(slot(c, t)).putAddress(slot(gates, t));
      launcher.putAddress(slot(dh, t)).put(dc).putAddress(partial);
      launcher.putInt(batch).putInt(hidden).putInt(tiles.chunk());
      launch(stepBackward, stepBackwardSum, tiles);
    }
  }

  private void launch(Kernel product, Kernel sum, Tiles tiles) {
    launcher.launch(product, tiles.tiles(), tiles.chunks());
    if (tiles.chunks() > 1) {
      launcher.launch(sum, tiles.tiles(), SUM_BLOCKS);
    }
  }

  /// Where step `t` of a sequence (T,B,C) begins.
  private static long slot(Tensor sequence, int t) {
    return sequence.address() + (long) t * sequence.dim(1) * sequence.channels() * Float.BYTES;
  }

  @Override
  public void swapAxes(Tensor x, Tensor y) {
    swap(x, y, x.dim(0), x.dim(1), x.channels(), 0);
  }

  @Override
  public void swapAxesBackward(Tensor dy, Tensor dx) {
    swap(dy, dx, dx.dim(1), dx.dim(0), dx.channels(), 1);
  }

  private void swap(Tensor from, Tensor to, int a, int b, int c, int add) {
    if (to.size() > 0) {
      launcher.put(from).put(to).putInt(a).putInt(b).putInt(c).putInt(add);
      launcher.launch(swapAxes, shapes.stride(to.size(), THREADS), 1);
    }
  }
}
