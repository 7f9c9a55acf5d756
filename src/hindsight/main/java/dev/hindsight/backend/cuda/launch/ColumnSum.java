package dev.hindsight.backend.cuda.launch;

import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;

/// Launches `column_sum.cu`: the gradient of a bias, and the second pass of whatever sums pieces.
public final class ColumnSum {
  private static final int THREADS = 256;

  private final KernelLauncher launcher;
  private final LaunchGeometry geometry;
  private final long partial;
  private final Variants kernel;

  public ColumnSum(Kernels kernels) {
    this.launcher = kernels.launcher();
    this.geometry = kernels.geometry();
    this.partial = kernels.scratch();
    this.kernel = kernels.variants("column_sum", "column_sum", THREADS);
  }

  /// db += the column sums of dy
  public void add(Tensor dy, Tensor db) {
    int rows = dy.rows();
    int cols = dy.channels();
    var grid = geometry.columns(rows, cols);
    boolean cut = grid.pieces() > 1;
    launcher.begin().put(dy).putAddress(cut ? partial : db.address()).putInt(rows).putInt(cols);
    launcher.putInt(grid.rows()).putInt(cut ? 0 : 1);
    launcher.launch(kernel.of(dy), grid.blocks(), grid.pieces());
    if (cut) {
      addPieces(partial, grid.pieces(), db);
    }
  }

  /// sums += the column sums of the few rows of pieces that a first pass left at an address
  public void addPieces(long pieces, int count, Tensor sums) {
    addPieces(pieces, count, sums, 1);
  }

  /// The same for gradients that lie one behind the other, as do the rows of their pieces, in one
  /// launch.
  ///
  /// @param count rows of one
  /// @param first of them
  /// @param gradients how many
  public void addPieces(long pieces, int count, Tensor first, int gradients) {
    int cols = Math.toIntExact(first.size());
    launcher.begin().putAddress(pieces).put(first).putInt(gradients * count).putInt(cols);
    launcher.putInt(count).putInt(1);
    launcher.launch(kernel.of(ElementType.FP32), (cols + 31) / 32, gradients);
  }

  /// sums = the column sums of such pieces
  public void pieces(long pieces, int count, Tensor sums) {
    int cols = Math.toIntExact(sums.size());
    launcher.begin().putAddress(pieces).put(sums).putInt(count).putInt(cols).putInt(count);
    launcher.putInt(0);
    launcher.launch(kernel.of(ElementType.FP32), (cols + 31) / 32, 1);
  }
}
