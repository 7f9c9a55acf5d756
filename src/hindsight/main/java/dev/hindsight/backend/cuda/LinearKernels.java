package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.cuda.DeviceDegrees.Staircase;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.backend.cuda.Shapes.Tiles;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `linear.cu` and `masked_linear.cu`: x (N,I), w (O,I), b (O), y (N,O).
///
/// Products of tiles run in the precision of the backend, and their second passes, the sampler's
/// few columns and the sums of columns in fp32.
///
/// The dense products are the place where a vendor GEMM would take over: [#linear], its two other
/// endings, [#linearDx] and [#linearDw] are all that it has to answer.
final class LinearKernels {
  private static final int NARROW_THREADS = 128;

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final TileProduct y;
  private final TileProduct gelu;
  private final TileProduct add;
  private final TileProduct dx;
  private final TileProduct dw;
  private final TileProduct maskedY;
  private final TileProduct maskedDx;
  private final TileProduct maskedDw;
  private final Kernel narrow;
  private final ColumnSum columnSum;

  LinearKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    y = TileProduct.of(modules, launcher, "linear", "linear");
    gelu = TileProduct.of(modules, launcher, "linear", "linear_gelu");
    add = TileProduct.of(modules, launcher, "linear", "linear_add");
    dx = TileProduct.of(modules, launcher, "linear", "linear_dx");
    dw = TileProduct.of(modules, launcher, "linear", "linear_dw");
    maskedY = TileProduct.of(modules, launcher, "masked_linear", "masked_linear");
    maskedDx = TileProduct.of(modules, launcher, "masked_linear", "masked_linear_dx");
    maskedDw = TileProduct.of(modules, launcher, "masked_linear", "masked_linear_dw");
    narrow =
        new Kernel(
            "masked_linear_narrow",
            modules.function("masked_linear", "masked_linear_narrow"),
            NARROW_THREADS);
    columnSum = new ColumnSum(modules, launcher, shapes, partial);
  }

  /// y = f(b + x·wᵀ)
  void linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    int n = x.rows();
    Tiles tiles = shapes.dense(n, y.channels(), x.channels());
    launcher.put(x).put(w).put(b).put(y).putAddress(partial);
    sizes(n, w).put(f).putInt(tiles.chunk());
    this.y.launch(tiles);
  }

  /// before = b + x·wᵀ, y = GELU(before)
  void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y) {
    launch(gelu, x, w, launcher.put(x).put(w).put(b).put(before).put(y));
  }

  /// y = residual + b + x·wᵀ
  void linearAdd(Tensor x, Tensor w, Tensor b, Tensor residual, Tensor y) {
    launch(add, x, w, launcher.put(x).put(w).put(b).put(residual).put(y));
  }

  private void launch(TileProduct product, Tensor x, Tensor w, Launcher operands) {
    Tiles tiles = shapes.dense(x.rows(), w.dim(0), x.channels());
    operands.putAddress(partial);
    sizes(x.rows(), w).putInt(tiles.chunk());
    product.launch(tiles);
  }

  /// All gradients that are wanted, from that before the activation.
  void gradients(
      Tensor x,
      Tensor w,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    if (dx != null && dx.size() > 0) {
      linearDx(dy, w, dx);
    }
    if (dw != null && dw.size() > 0) {
      linearDw(dy, x, dw);
    }
    if (db != null) {
      columnSum(dy, db);
    }
  }

  /// dx += dy·w
  void linearDx(Tensor dy, Tensor w, Tensor dx) {
    Tiles tiles = shapes.dense(dy.rows(), w.channels(), dy.channels());
    launcher.put(dy).put(w).put(dx).putAddress(partial);
    sizes(dy.rows(), w).putInt(tiles.chunk());
    this.dx.launch(tiles);
  }

  /// dw += dyᵀ·x
  void linearDw(Tensor dy, Tensor x, Tensor dw) {
    Tiles tiles = shapes.dense(dy.channels(), x.channels(), dy.rows());
    launcher.put(dy).put(x).put(dw).putAddress(partial);
    sizes(dy.rows(), dw).putInt(tiles.chunk());
    this.dw.launch(tiles);
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
      int warps = NARROW_THREADS / 32;
      launcher.launch(narrow, Math.toIntExact(((long) n * (to - from) + warps - 1) / warps), 1);
      return;
    }
    Tiles tiles = shapes.maskedY(n, degrees, from, to);
    launcher.putAddress(partial);
    sizes(n, w).putInt(from).putInt(to).put(f).putInt(tiles.chunk());
    maskedY.launch(tiles);
  }

  void maskedDx(Tensor dy, Tensor w, Degrees degrees, Staircase stairs, Tensor dx) {
    Tiles tiles = shapes.maskedDx(dy.rows(), degrees);
    launcher.put(dy).put(w).putAddress(stairs.first()).put(dx).putAddress(partial);
    sizes(dy.rows(), w).putInt(tiles.chunk());
    maskedDx.launch(tiles);
  }

  void maskedDw(Tensor dy, Tensor x, Degrees degrees, Staircase stairs, Tensor dw) {
    Tiles tiles = shapes.maskedDw(dy.rows(), degrees);
    launcher.put(dy).put(x).putAddress(stairs.live()).put(dw).putAddress(partial);
    sizes(dy.rows(), dw).putInt(tiles.chunk());
    maskedDw.launch(tiles);
  }

  /// db += the column sums of dy
  void columnSum(Tensor dy, Tensor db) {
    columnSum.add(dy, db);
  }

  private Launcher sizes(int n, Tensor w) {
    return launcher.putInt(n).putInt(w.channels()).putInt(w.dim(0));
  }
}
