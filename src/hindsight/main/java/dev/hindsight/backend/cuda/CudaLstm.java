package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Lstm;
import dev.hindsight.backend.cuda.device.CudaMemory;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Product;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.backend.cuda.launch.TileProduct;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.backend.cuda.lstm.LstmOnTensorCores;
import dev.hindsight.backend.cuda.lstm.LstmSchedule;
import dev.hindsight.backend.cuda.lstm.PersistentLstm;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;

/// Launches all steps at once where the weights fit on the chip, in bf16 `lstm_resident_mma.cuh`,
/// in fp32 `lstm_resident.cu` where [LstmSchedule] says so; else `lstm.cu`, step by step.
final class CudaLstm extends CudaFamily implements Lstm {
  private final CudaMemory memory;
  private final PersistentLstm residence;
  private final LstmSchedule schedule;
  private final LstmOnTensorCores tensorCores;
  private final TileProduct step = kernels.productOfStored("lstm", "lstm_step");
  private final TileProduct stepBackward = kernels.productOfStored("lstm", "lstm_step_backward");
  private final Variants lastBackward = variants("lstm_last_backward");

  CudaLstm(
      Kernels kernels,
      CudaMemory memory,
      PersistentLstm residence,
      LstmSchedule schedule,
      LstmOnTensorCores tensorCores) {
    super(kernels);
    this.memory = memory;
    this.residence = residence;
    this.schedule = schedule;
    this.tensorCores = tensorCores;
  }

  @Override
  public void packLstm(Tensor wh, Tensor packed) {
    memory.copy(wh.address(), packed.address(), wh.bytes());
  }

  @Override
  public void forward(Tensor packed, Tensor h, Tensor c, Tensor gates) {
    int length = gates.dim(0);
    int batch = gates.dim(1);
    int hidden = h.channels();
    if (length > 1 && h.type() == ElementType.BF16 && tensorCores.forward(packed, h, c, gates)) {
      return;
    }
    PersistentLstm.Launch together =
        length > 1 && h.type() == ElementType.FP32 ? residence.forward(hidden) : null;
    if (together != null && schedule.together(together.units(), batch, hidden, false)) {
      launcher.begin().put(packed).put(h).put(c).put(gates);
      launcher.putInt(length).putInt(batch).putInt(hidden).putInt(together.stages());
      launcher.launchTogether(together.kernel(), together.blocks(), together.sharedBytes());
      return;
    }
    Tiles tiles = geometry.tiles(Product.of(batch, 4 * hidden, hidden));
    for (int t = 0; t < length; t++) {
      launcher.begin().put(packed).putAddress(slot(h, t)).putAddress(slot(c, t));
      launcher.putAddress(slot(gates, t)).putAddress(scratch);
      launcher.putInt(batch).putInt(hidden).putInt(tiles.chunk());
      step.launch(tiles, h.type());
    }
  }

  @Override
  public void backward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    int length = gates.dim(0);
    int batch = gates.dim(1);
    int hidden = c.channels();
    if (length > 1
        && gates.type() == ElementType.BF16
        && tensorCores.backward(wh, c, gates, dh, dc)) {
      return;
    }
    PersistentLstm.Launch together =
        length > 1 && gates.type() == ElementType.FP32 ? residence.backward(hidden) : null;
    if (together != null && schedule.together(together.units(), batch, hidden, true)) {
      launcher.begin().put(wh).put(c).put(gates).put(dh).put(dc);
      launcher.putInt(length).putInt(batch).putInt(hidden).putInt(together.stages());
      launcher.launchTogether(together.kernel(), together.blocks(), together.sharedBytes());
      return;
    }
    int last = length - 1;
    launcher
        .begin()
        .putAddress(slot(c, last))
        .putAddress(slot(gates, last))
        .putAddress(slot(dh, last));
    launcher.put(dc).putInt(batch).putInt(hidden);
    launcher.launch(lastBackward.of(gates), geometry.stride((long) batch * hidden, THREADS), 1);
    Tiles tiles = geometry.tiles(Product.of(batch, hidden, 4 * hidden));
    for (int t = last - 1; t >= 0; t--) {
      launcher.begin().put(wh).putAddress(slot(c, t)).putAddress(slot(gates, t));
      launcher.putAddress(slot(dh, t)).put(dc).putAddress(scratch);
      launcher.putInt(batch).putInt(hidden).putInt(tiles.chunk());
      stepBackward.launch(tiles, gates.type());
    }
  }

  /// Where step `t` of a sequence (T,B,C) begins.
  private static long slot(Tensor sequence, int t) {
    return sequence.address()
        + (long) t * sequence.dim(1) * sequence.channels() * sequence.type().bytes();
  }
}
