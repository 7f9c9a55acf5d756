package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.Shapes.Tiles;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `residual_block.cu`: x (B,T,C), w (K,2C,C), b (2C), v (C,C), ts (B,T,2C), g and dy
/// (B,T,C).
final class ResidualBlockKernels {
  private static final String FILE = "residual_block";

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final TileProduct g;
  private final TileProduct dab;

  ResidualBlockKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    g = TileProduct.of(modules, launcher, FILE, "residual_block_g");
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

  /// ts = the gradient before the gate
  void dab(Tensor dy, Tensor v, Tensor ts) {
    Tiles tiles = shapes.dense(dy.rows(), dy.channels(), dy.channels());
    launcher.put(dy).put(v).put(ts).putAddress(partial);
    launcher.putInt(dy.rows()).putInt(dy.channels()).putInt(tiles.chunk());
    dab.launch(tiles);
  }
}
