package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.backend.cuda.Shapes.Tiles;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `masked_conv2d.cu` and `masked_conv2d_pixels.cu`.
final class MaskedConv2dKernels {
  private static final String FILE = "masked_conv2d";
  private static final int PIXEL_THREADS = 128;

  /// Outputs up to which a dot product per warp beats a tile ...
  private static final int NARROW = 4;

  /// ... where it is as long as this at least.
  private static final int LONG = 256;

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final TileProduct y;
  private final TileProduct dx;
  private final TileProduct dw;
  private final TileProduct dwNarrow;
  private final Kernel pixels;
  private final ColumnSum columnSum;

  MaskedConv2dKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    y = TileProduct.of(modules, launcher, FILE, "masked_conv2d");
    dx = TileProduct.of(modules, launcher, FILE, "masked_conv2d_dx");
    dw = TileProduct.of(modules, launcher, FILE, "masked_conv2d_dw");
    dwNarrow = TileProduct.of(modules, launcher, FILE, "masked_conv2d_dw_narrow");
    pixels =
        new Kernel(
            "masked_conv2d_pixels",
            modules.function("masked_conv2d_pixels", "masked_conv2d_pixels"),
            PIXEL_THREADS);
    columnSum = new ColumnSum(modules, launcher, shapes, partial);
  }

  void forward(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    int height = x.dim(1);
    int width = x.dim(2);
    if (w.dim(1) <= NARROW && taps.count() * w.dim(2) >= LONG) {
      launcher.put(x).put(w).put(b).put(y);
      sizes(taps, x, w).putInt(0).putInt(height).putInt(0).putInt(width);
      launcher.putInt(height).putInt(height);
      launcher.putInt(height * width).putInt(height * width).putInt(1);
      launchPixels(y.size());
      return;
    }
    launcher.put(x).put(w).put(b).put(y);
    launch(this.y, taps, x, w, shapes.dense(x.rows(), w.dim(1), taps.count() * x.dim(3)));
  }

  void backward(
      Tensor x,
      Tensor w,
      Taps taps,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    if (dy.size() == 0) {
      return;
    }
    int outputs = w.dim(1);
    int inputs = w.dim(2);
    if (dx != null && dx.size() > 0) {
      launcher.put(dy).put(w).put(dx);
      launch(this.dx, taps, x, w, shapes.dense(x.rows(), inputs, taps.count() * outputs));
    }
    if (dw != null && dw.size() > 0) {
      Tiles tall = shapes.dense(taps.count() * outputs, inputs, x.rows());
      Tiles flat = shapes.dense(outputs, taps.count() * inputs, x.rows());
      boolean narrow = flat.tiles() < tall.tiles();
      launcher.put(dy).put(x).put(dw);
      launch(narrow ? dwNarrow : this.dw, taps, x, w, narrow ? flat : tall);
    }
    if (db != null) {
      columnSum.add(dy, db);
    }
  }

  void pixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y) {
    int batch = x.dim(2);
    long outputs = (long) batch * (to - from) * w.dim(1);
    if (outputs == 0) {
      return;
    }
    launcher.put(x).put(w).put(b).put(y).putLong(taps.bits()).putInt(taps.k()).putInt(batch);
    launcher.putInt(row + 1).putInt(x.dim(1)).putInt(w.dim(2)).putInt(w.dim(1));
    launcher.putInt(row).putInt(1).putInt(from).putInt(to);
    launcher.putInt(x.dim(0)).putInt(y.dim(0)).putInt(1).putInt(1).putInt(batch);
    launchPixels(outputs);
  }

  private void launchPixels(long outputs) {
    int warps = PIXEL_THREADS / 32;
    launcher.launch(pixels, (Math.toIntExact(outputs) + warps - 1) / warps, 1);
  }

  private Launcher sizes(Taps taps, Tensor x, Tensor w) {
    launcher.putLong(taps.bits()).putInt(taps.k());
    launcher.putInt(x.dim(0)).putInt(x.dim(1)).putInt(x.dim(2));
    return launcher.putInt(w.dim(2)).putInt(w.dim(1));
  }

  private void launch(TileProduct product, Taps taps, Tensor x, Tensor w, Tiles tiles) {
    launcher.putAddress(partial);
    sizes(taps, x, w).putInt(tiles.chunk());
    product.launch(tiles);
  }
}
