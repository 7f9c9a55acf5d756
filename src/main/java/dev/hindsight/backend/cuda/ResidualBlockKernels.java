package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.Shapes.Tiles;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `residual_block.cu`: x (B,T,C), w (K,2C,C), b (2C), v (C,C), c (C), ts (B,T,2C), g and
/// y (B,T,C).
final class ResidualBlockKernels {
  private static final String FILE = "residual_block";

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final TileProduct g;
  private final TileProduct y;
  private final TileProduct dab;

  ResidualBlockKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    g = TileProduct.of(modules, launcher, FILE, "residual_block_g");
    y = TileProduct.of(modules, launcher, FILE, "residual_block_y");
    dab = TileProduct.of(modules, launcher, FILE, "residual_block_dab");
  }

  void g(Tensor x, Tensor w, Tensor b, int dilation, @Nullable Tensor ts, Tensor g) {
    int rows = x.rows();
    int channels = x.channels();
    int columns = (channels + 1) / 2 * 4; // two channels of a, two of b
    Tiles tiles = shapes.dense(rows, columns, w.dim(0) * Shapes.wholeSteps(channels));
    launcher.put(x).put(w).put(b).put(ts).put(g).putAddress(partial);
    launcher.putInt(rows).putInt(channels).putInt(w.dim(0)).putInt(dilation).putInt(x.dim(1));
    launcher.putInt(tiles.chunk());
    this.g.launch(tiles);
  }

  void y(Tensor x, Tensor g, Tensor v, Tensor c, Tensor y) {
    Tiles tiles = square(x);
    launcher.put(x).put(g).put(v).put(c).put(y).putAddress(partial);
    launcher.putInt(x.rows()).putInt(x.channels()).putInt(tiles.chunk());
    this.y.launch(tiles);
  }

  /// ts = the gradient before the gate
  void dab(Tensor dy, Tensor v, Tensor ts) {
    Tiles tiles = square(dy);
    launcher.put(dy).put(v).put(ts).putAddress(partial);
    launcher.putInt(dy.rows()).putInt(dy.channels()).putInt(tiles.chunk());
    dab.launch(tiles);
  }

  private Tiles square(Tensor x) {
    return shapes.dense(x.rows(), x.channels(), x.channels());
  }
}
