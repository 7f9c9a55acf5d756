package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Linear;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Product;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.backend.cuda.launch.TileProduct;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `linear.cu`.
///
/// Products of tiles run in the precision of the backend, and sums of columns in fp32. The products
/// are the place where a vendor GEMM would take over: the three endings of y, dx and dw are all
/// that it has to answer.
final class CudaLinear extends CudaFamily implements Linear {
  private final TileProduct y = product("linear");
  private final TileProduct gelu = product("linear_gelu");
  private final TileProduct add = product("linear_add");
  private final TileProduct dx = product("linear_dx");
  private final TileProduct dw = weightGradients("linear_dw");
  private final CudaActivate activate;

  CudaLinear(Kernels kernels, CudaActivate activate) {
    super(kernels);
    this.activate = activate;
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Activation f, Tensor y) {
    requireFusible(f);
    int n = x.rows();
    Tiles tiles = this.y.tiles(Product.of(n, y.channels(), x.channels()), x.type(), x, w, b, y);
    launcher.begin().put(x).put(w).put(b).put(y).putAddress(scratch);
    sizes(n, w).put(f).putInt(tiles.chunk());
    this.y.launch(tiles, x.type());
  }

  /// Backends refuse it as well, since a kernel would quietly compute something else.
  static void requireFusible(Activation f) {
    if (!f.derivativeFollowsFromOutput()) {
      throw new IllegalArgumentException(
          "cuda: wanted an activation that a linear layer can fuse, got %s; use linearGelu"
              .formatted(f));
    }
  }

  @Override
  public void linearGelu(Tensor x, Tensor w, Tensor b, @Nullable Tensor before, Tensor y) {
    Tiles tiles = tiles(gelu, x, w, b, before, y);
    launch(gelu, tiles, x, w, launcher.begin().put(x).put(w).put(b).put(before).put(y));
  }

  @Override
  public void linearAdd(Tensor x, Tensor w, @Nullable Tensor b, Tensor residual, Tensor y) {
    Tiles tiles = tiles(add, x, w, b, residual, y);
    launch(add, tiles, x, w, launcher.begin().put(x).put(w).put(b).put(residual).put(y));
  }

  private static Tiles tiles(
      TileProduct product,
      Tensor x,
      Tensor w,
      @Nullable Tensor b,
      @Nullable Tensor other,
      Tensor y) {
    return product.tiles(Product.of(x.rows(), w.dim(0), x.channels()), x.type(), x, w, b, other, y);
  }

  private void launch(
      TileProduct product, Tiles tiles, Tensor x, Tensor w, KernelLauncher operands) {
    operands.putAddress(scratch);
    sizes(x.rows(), w).putInt(tiles.chunk());
    product.launch(tiles, x.type());
  }

  @Override
  public void backward(Tensor x, Tensor w, Activation f, Tensor y, Tensor dy, Gradients to) {
    requireFusible(f);
    activate.scaleBySlope(f, y, dy);
    gradients(x, w, dy, to);
  }

  @Override
  public void linearGeluBackward(Tensor x, Tensor w, Tensor before, Tensor dy, Gradients to) {
    activate.scaleBySlope(Activation.GELU, before, dy);
    gradients(x, w, dy, to);
  }

  /// All gradients that are wanted, from that before the activation.
  void gradients(Tensor x, Tensor w, Tensor dy, Gradients to) {
    if (to.dx() != null) {
      Product product = Product.of(dy.rows(), w.channels(), dy.channels());
      Tiles tiles = this.dx.tiles(product, dy.type(), dy, w, to.dx().tensor());
      launcher.begin().put(dy).put(w).put(to.dx()).putAddress(scratch);
      sizes(dy.rows(), w).putInt(tiles.chunk());
      this.dx.launch(tiles, dy.type());
    }
    if (to.dw() != null) {
      dw(dy, x, to.dw(), to.db());
    } else if (to.db() != null) {
      columnSum.add(dy, to.db());
    }
  }

  /// dw += dyᵀ·x, and db += the column sums of dy, in one launch where the tile can
  void dw(Tensor dy, Tensor x, Tensor dw, @Nullable Tensor db) {
    Product product = Product.of(dy.channels(), x.channels(), dy.rows());
    Tiles tiles = this.dw.tiles(product, dy.type(), dy, x, dw);
    boolean together = tiles.tile().addsRows();
    launcher.begin().put(dy).put(x).put(dw).put(together ? db : null).putAddress(scratch);
    sizes(dy.rows(), dw).putInt(tiles.chunk());
    this.dw.launch(tiles, dy.type());
    if (db != null && !together) {
      columnSum.add(dy, db);
    }
  }

  private KernelLauncher sizes(int n, Tensor w) {
    return launcher.putInt(n).putInt(w.channels()).putInt(w.dim(0));
  }
}
