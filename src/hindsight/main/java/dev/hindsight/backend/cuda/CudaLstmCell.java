package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Diagonal;
import dev.hindsight.backend.LstmCell;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `lstm_cell.cu`.
final class CudaLstmCell extends CudaFamily implements LstmCell {
  private final Variants forward = variants("lstm_cell_forward");
  private final Variants backward = variants("lstm_cell_backward");
  private final Variants diagonal = variants("lstm_cell_diagonal");
  private final Variants diagonalBackward = variants("lstm_cell_diagonal_backward");

  CudaLstmCell(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(
      Tensor gates, @Nullable Tensor recurrent, @Nullable Tensor before, Tensor c, Tensor h) {
    launcher.begin().put(gates).put(recurrent).put(before).put(c).put(h);
    launch(forward.of(gates), c);
  }

  @Override
  public void backward(
      Tensor gates,
      @Nullable Tensor before,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc) {
    launcher.begin().put(gates).put(before).put(c).put(dh).put(carried).put(dc);
    launch(backward.of(gates), c);
  }

  @Override
  public void lstmCellDiagonal(
      Diagonal d, Tensor gates, @Nullable Tensor said, Tensor c, Tensor h, Tensor dense) {
    launcher.begin().put(gates).put(said).put(c).put(h).put(dense);
    launch(diagonal.of(gates), d, c.channels());
  }

  @Override
  public void lstmCellDiagonalBackward(
      Diagonal d,
      Tensor gates,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc,
      @Nullable Tensor dsaid) {
    launcher.begin().put(gates).put(c).put(dh).put(carried).put(dc).put(dsaid);
    launch(diagonalBackward.of(gates), d, c.channels());
  }

  private void launch(Kernel kernel, Diagonal d, int hidden) {
    launcher.putInt(d.count()).putInt(d.before()).putInt(d.shift()).putInt(d.top());
    launcher.putInt(d.start()).putInt(d.pitch()).putInt(d.toBefore());
    launcher.putInt(d.batch()).putInt(d.width()).putInt(hidden);
    long units = (long) d.count() * d.batch() * hidden;
    launcher.launch(kernel, geometry.stride(units, THREADS), 1);
  }

  private void launch(Kernel kernel, Tensor c) {
    launcher.putInt(c.rows()).putInt(c.channels());
    launcher.launch(kernel, geometry.stride(c.size(), THREADS), 1);
  }
}
