package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.Shapes.Tiles;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `causal_conv1d.cu`: x (B,T,I), w (K,O,I), b (O), y (B,T,O).
final class CausalConvKernels {
  private static final String FILE = "causal_conv1d";

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final TileProduct y;
  private final TileProduct dx;
  private final TileProduct dw;

  CausalConvKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    y = TileProduct.of(modules, launcher, FILE, "causal_conv1d");
    dx = TileProduct.of(modules, launcher, FILE, "causal_conv1d_dx");
    dw = TileProduct.of(modules, launcher, FILE, "causal_conv1d_dw");
  }

  void forward(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y) {
    Tiles tiles = shapes.dense(x.rows(), w.dim(1), w.dim(0) * Shapes.wholeSteps(w.dim(2)));
    launcher.put(x).put(w).put(b).put(y).putAddress(partial);
    sizes(x, w, dilation, tiles);
    this.y.launch(tiles);
  }

  /// dx += the gradient
  void dx(Tensor dy, Tensor w, int dilation, Tensor dx) {
    Tiles tiles = shapes.dense(dy.rows(), w.dim(2), w.dim(0) * Shapes.wholeSteps(w.dim(1)));
    launcher.put(dy).put(w).put(dx).putAddress(partial);
    sizes(dx, w, dilation, tiles);
    this.dx.launch(tiles);
  }

  void dw(Tensor dy, Tensor x, int dilation, Tensor dw) {
    int outputs = Shapes.wholeTiles(dw.dim(1)); // a tile belongs to one tap
    Tiles tiles = shapes.dense(dw.dim(0) * outputs, dw.dim(2), dy.rows());
    launcher.put(dy).put(x).put(dw).putAddress(partial);
    sizes(x, dw, dilation, tiles);
    this.dw.launch(tiles);
  }

  private void sizes(Tensor x, Tensor w, int dilation, Tiles tiles) {
    launcher.putInt(x.rows()).putInt(w.dim(2)).putInt(w.dim(1));
    launcher.putInt(w.dim(0)).putInt(dilation).putInt(x.dim(1)).putInt(tiles.chunk());
  }
}
