package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Recurrence;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.backend.cuda.Shapes.Tiles;
import dev.hindsight.tensor.Tensor;

/// Launches `lstm_resident.cu`, all steps at once, where the weights fit on the chip, else
/// `lstm.cu`, step by step; and `swap_axes.cu`.
final class RecurrenceKernels implements Recurrence {
  private static final int THREADS = 256;

  private final Launcher launcher;
  private final Shapes shapes;
  private final CudaMemory memory;
  private final long partial;
  private final LstmResidence residence;
  private final TileProduct step;
  private final TileProduct stepBackward;
  private final Kernel lastBackward;
  private final Kernel swapAxes;

  RecurrenceKernels(
      Modules modules,
      Launcher launcher,
      Shapes shapes,
      CudaMemory memory,
      long partial,
      LstmResidence residence) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.memory = memory;
    this.partial = partial;
    this.residence = residence;
    step = TileProduct.inFp32(modules, launcher, "lstm", "lstm_step");
    stepBackward = TileProduct.inFp32(modules, launcher, "lstm", "lstm_step_backward");
    lastBackward = kernel(modules, "lstm", "lstm_last_backward");
    swapAxes = kernel(modules, "swap_axes", "swap_axes");
  }

  private static Kernel kernel(Modules modules, String file, String name) {
    return new Kernel(name, modules.function(file, name), THREADS);
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
    LstmResidence.Launch together = length > 1 ? residence.forward(hidden) : null;
    if (together != null) {
      launcher.put(packed).put(h).put(c).put(gates);
      launcher.putInt(length).putInt(batch).putInt(hidden).putInt(together.stages());
      launcher.launchTogether(together.kernel(), together.blocks(), together.sharedBytes());
      return;
    }
    Tiles tiles = shapes.dense(batch, 4 * hidden, hidden);
    for (int t = 0; t < length; t++) {
      launcher.put(packed).putAddress(slot(h, t)).putAddress(slot(c, t));
      launcher.putAddress(slot(gates, t)).putAddress(partial);
      launcher.putInt(batch).putInt(hidden).putInt(tiles.chunk());
      step.launch(tiles);
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
    LstmResidence.Launch together = length > 1 ? residence.backward(hidden) : null;
    if (together != null) {
      launcher.put(wh).put(c).put(gates).put(dh).put(dc);
      launcher.putInt(length).putInt(batch).putInt(hidden).putInt(together.stages());
      launcher.launchTogether(together.kernel(), together.blocks(), together.sharedBytes());
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
      stepBackward.launch(tiles);
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
