package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.tensor.Tensor;

/// Launches `column_sum.cu`: the gradient of a bias.
final class ColumnSum {
  private static final int THREADS = 256;

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final Kernel kernel;

  ColumnSum(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    this.kernel = new Kernel("column_sum", modules.function("column_sum", "column_sum"), THREADS);
  }

  /// db += the column sums of dy
  void add(Tensor dy, Tensor db) {
    int rows = dy.rows();
    int cols = dy.channels();
    var grid = shapes.columns(rows, cols);
    boolean cut = grid.pieces() > 1;
    launcher.put(dy).putAddress(cut ? partial : db.address()).putInt(rows).putInt(cols);
    launcher.putInt(grid.rows()).putInt(cut ? 0 : 1);
    launcher.launch(kernel, grid.blocks(), grid.pieces());
    if (cut) {
      launcher.putAddress(partial).put(db).putInt(grid.pieces()).putInt(cols);
      launcher.putInt(grid.pieces()).putInt(1);
      launcher.launch(kernel, grid.blocks(), 1);
    }
  }
}
