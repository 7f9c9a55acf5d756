package dev.hindsight.backend.cuda;

import dev.hindsight.backend.CausalConv1d;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Product;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.backend.cuda.launch.TileProduct;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `causal_conv1d.cu`.
final class CudaCausalConv1d extends CudaFamily implements CausalConv1d {
  private final TileProduct y = product("causal_conv1d");
  private final TileProduct dx = product("causal_conv1d_dx");
  private final TileProduct dw = weightGradients("causal_conv1d_dw");

  CudaCausalConv1d(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y) {
    Product product = Product.overTaps(x.rows(), w.dim(1), w.dim(0), w.dim(2));
    Tiles tiles = this.y.tiles(product, x.type(), x, w, b, y);
    launcher.begin().put(x).put(w).put(b).put(y).putAddress(scratch);
    sizes(x, w, dilation, tiles);
    this.y.launch(tiles, x.type());
  }

  @Override
  public void backward(Tensor x, Tensor w, int dilation, Tensor dy, Gradients to) {
    if (to.dx() != null) {
      dx(dy, w, dilation, to.dx());
    }
    if (to.dw() != null) {
      dw(dy, x, dilation, to.dw(), to.db());
    } else if (to.db() != null) {
      columnSum.add(dy, to.db());
    }
  }

  /// dx += the gradient
  void dx(Tensor dy, Tensor w, int dilation, Gradient dx) {
    Product product = Product.overTaps(dy.rows(), w.dim(2), w.dim(0), w.dim(1));
    Tiles tiles = this.dx.tiles(product, dy.type(), dy, w, dx.tensor());
    launcher.begin().put(dy).put(w).put(dx).putAddress(scratch);
    sizes(dx.tensor(), w, dilation, tiles);
    this.dx.launch(tiles, dy.type());
  }

  /// dw += the gradient, and db += its own, in one launch where the tile can
  void dw(Tensor dy, Tensor x, int dilation, Tensor dw, @Nullable Tensor db) {
    // a tile belongs to one tap
    Product product = new Product(dw.dim(0), dw.dim(1), dw.dim(2), 1, dy.rows());
    Tiles tiles = this.dw.tiles(product, dy.type(), dy, x, dw);
    boolean together = tiles.tile().addsRows();
    launcher.begin().put(dy).put(x).put(dw).put(together ? db : null).putAddress(scratch);
    sizes(x, dw, dilation, tiles);
    this.dw.launch(tiles, dy.type());
    if (db != null && !together) {
      columnSum.add(dy, db);
    }
  }

  private void sizes(Tensor x, Tensor w, int dilation, Tiles tiles) {
    launcher.putInt(x.rows()).putInt(w.dim(2)).putInt(w.dim(1));
    launcher.putInt(w.dim(0)).putInt(dilation).putInt(x.dim(1)).putInt(tiles.chunk());
  }
}
