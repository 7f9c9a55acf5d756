package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.cuda.DeviceDegrees.Staircase;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.backend.cuda.Shapes.Tiles;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `linear.cu`, `masked_linear.cu` and `column_sum.cu`: x (N,I), w (O,I), b (O), y (N,O).
///
/// The dense products are the place where a vendor GEMM would take over: [#linear], [#linearDx] and
/// [#linearDw] are all that it has to answer.
final class LinearKernels {
  private static final int TILE_THREADS = 128;
  private static final int SUM_THREADS = 256;
  private static final int SUM_BLOCKS = 4; // of 16 rows each

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final Pass y;
  private final Pass dx;
  private final Pass dw;
  private final Pass maskedY;
  private final Pass maskedDx;
  private final Pass maskedDw;
  private final Kernel narrow;
  private final Kernel columnSum;

  /// The tiles of a product, and the sum of their chunks.
  private record Pass(Kernel product, Kernel sum) {}

  LinearKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    y = pass(modules, "linear", "linear");
    dx = pass(modules, "linear", "linear_dx");
    dw = pass(modules, "linear", "linear_dw");
    maskedY = pass(modules, "masked_linear", "masked_linear");
    maskedDx = pass(modules, "masked_linear", "masked_linear_dx");
    maskedDw = pass(modules, "masked_linear", "masked_linear_dw");
    narrow = kernel(modules, "masked_linear", "masked_linear_narrow", TILE_THREADS);
    columnSum = kernel(modules, "column_sum", "column_sum", SUM_THREADS);
  }

  private static Pass pass(Modules modules, String file, String name) {
    return new Pass(
        kernel(modules, file, name, TILE_THREADS),
        kernel(modules, file, name + "_sum", SUM_THREADS));
  }

  private static Kernel kernel(Modules modules, String file, String name, int threads) {
    return new Kernel(name, modules.function(file, name), threads);
  }

  /// y = f(b + x·wᵀ)
  void linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    int n = x.rows();
    Tiles tiles = shapes.dense(n, y.channels(), x.channels());
    launcher.put(x).put(w).put(b).put(y).putAddress(partial);
    sizes(n, w).put(f).putInt(tiles.chunk());
    launch(this.y, tiles);
  }

  /// dx += dy·w
  void linearDx(Tensor dy, Tensor w, Tensor dx) {
    Tiles tiles = shapes.dense(dy.rows(), w.channels(), dy.channels());
    launcher.put(dy).put(w).put(dx).putAddress(partial);
    sizes(dy.rows(), w).putInt(tiles.chunk());
    launch(this.dx, tiles);
  }

  /// dw += dyᵀ·x
  void linearDw(Tensor dy, Tensor x, Tensor dw) {
    Tiles tiles = shapes.dense(dy.channels(), x.channels(), dy.rows());
    launcher.put(dy).put(x).put(dw).putAddress(partial);
    sizes(dy.rows(), dw).putInt(tiles.chunk());
    launch(this.dw, tiles);
  }

  void maskedLinear(
      Tensor x,
      Tensor w,
      Tensor b,
      Degrees degrees,
      Staircase stairs,
      Activation f,
      int from,
      int to,
      Tensor y) {
    int n = x.rows();
    launcher.put(x).put(w).put(b).putAddress(stairs.live()).put(y);
    if (to - from <= Shapes.NARROW) {
      sizes(n, w).putInt(from).putInt(to).put(f);
      int warps = TILE_THREADS / 32;
      launch(narrow, ((long) n * (to - from) + warps - 1) / warps);
      return;
    }
    Tiles tiles = shapes.maskedY(n, degrees, from, to);
    launcher.putAddress(partial);
    sizes(n, w).putInt(from).putInt(to).put(f).putInt(tiles.chunk());
    launch(maskedY, tiles);
  }

  void maskedDx(Tensor dy, Tensor w, Degrees degrees, Staircase stairs, Tensor dx) {
    Tiles tiles = shapes.maskedDx(dy.rows(), degrees);
    launcher.put(dy).put(w).putAddress(stairs.first()).put(dx).putAddress(partial);
    sizes(dy.rows(), w).putInt(tiles.chunk());
    launch(maskedDx, tiles);
  }

  void maskedDw(Tensor dy, Tensor x, Degrees degrees, Staircase stairs, Tensor dw) {
    Tiles tiles = shapes.maskedDw(dy.rows(), degrees);
    launcher.put(dy).put(x).putAddress(stairs.live()).put(dw).putAddress(partial);
    sizes(dy.rows(), dw).putInt(tiles.chunk());
    launch(maskedDw, tiles);
  }

  /// db += the column sums of dy
  void columnSum(Tensor dy, Tensor db) {
    int rows = dy.rows();
    int cols = dy.channels();
    var grid = shapes.columns(rows, cols);
    boolean cut = grid.pieces() > 1;
    launcher.put(dy).putAddress(cut ? partial : db.address()).putInt(rows).putInt(cols);
    launcher.putInt(grid.rows()).putInt(cut ? 0 : 1);
    launcher.launch(columnSum, grid.blocks(), grid.pieces());
    if (cut) {
      launcher.putAddress(partial).put(db).putInt(grid.pieces()).putInt(cols);
      launcher.putInt(grid.pieces()).putInt(1);
      launcher.launch(columnSum, grid.blocks(), 1);
    }
  }

  private Launcher sizes(int n, Tensor w) {
    return launcher.putInt(n).putInt(w.channels()).putInt(w.dim(0));
  }

  private void launch(Pass pass, Tiles tiles) {
    launcher.launch(pass.product(), tiles.tiles(), tiles.chunks());
    if (tiles.chunks() > 1) {
      launcher.launch(pass.sum(), tiles.tiles(), SUM_BLOCKS);
    }
  }

  private void launch(Kernel kernel, long blocks) {
    launcher.launch(kernel, Math.toIntExact(blocks), 1);
  }
}
