package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedConv2d;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Product;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tile;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.backend.cuda.launch.TileProduct;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `masked_conv2d.cu` and `masked_conv2d_pixels.cu`.
final class CudaMaskedConv2d extends CudaFamily implements MaskedConv2d {
  private static final int PIXEL_THREADS = 128;

  /// Outputs up to which a dot product per warp beats a tile ...
  private static final int NARROW = 4;

  /// ... where it is as long as this at least.
  private static final int LONG = 256;

  private final TileProduct y = product("masked_conv2d");
  private final TileProduct dx = product("masked_conv2d_dx");
  private final TileProduct dw = weightGradients("masked_conv2d_dw");
  private final TileProduct dwNarrow = smallProduct("masked_conv2d_dw_narrow");
  private final Variants pixels =
      kernels.variants("masked_conv2d_pixels", "masked_conv2d_pixels", PIXEL_THREADS);

  CudaMaskedConv2d(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    if (w.dim(1) <= NARROW && taps.count() * w.dim(2) >= LONG) {
      launcher.begin().put(x).put(w).put(b).put(y);
      sizes(taps, x, w);
      int warps = PIXEL_THREADS / 32;
      launcher.launch(pixels.of(x), Math.ceilDiv(Math.toIntExact(y.size()), warps), 1);
      return;
    }
    launcher.begin().put(x).put(w).put(b).put(y);
    launch(
        this.y,
        taps,
        x,
        w,
        tiles(this.y, taps, x.rows(), w.dim(1), x.dim(3), x.type(), x, w, b, y));
  }

  @Override
  public void backward(Tensor x, Tensor w, Taps taps, Tensor dy, Gradients to) {
    int outputs = w.dim(1);
    int inputs = w.dim(2);
    if (to.dx() != null) {
      launcher.begin().put(dy).put(w).put(to.dx());
      launch(
          this.dx,
          taps,
          x,
          w,
          tiles(this.dx, taps, x.rows(), inputs, outputs, dy.type(), dy, w, to.dx().tensor()));
    }
    if (to.dw() != null) {
      dw(x, w, taps, dy, to.dw());
    }
    if (to.db() != null) {
      columnSum.add(dy, to.db());
    }
  }

  /// With a row for each output of each tap; or with one for each output, where that makes fewer
  /// small tiles and no large one fits, as of a first layer, whose inputs would leave a tile empty.
  private void dw(Tensor x, Tensor w, Taps taps, Tensor dy, Tensor dw) {
    int outputs = w.dim(1);
    int inputs = w.dim(2);
    Product tall = Product.of(taps.count() * outputs, inputs, x.rows());
    Product flat = Product.of(outputs, taps.count() * inputs, x.rows());
    TileProduct product = this.dw;
    Tiles tiles = product.tiles(tall, dy.type(), dy, x, dw);
    boolean small = tiles.tile().equals(Tile.SMALL);
    if (small && geometry.tiles(flat).tiles() < tiles.tiles()) {
      product = dwNarrow;
      tiles = product.tiles(flat, dy.type());
    }
    launcher.begin().put(dy).put(x).put(dw);
    launch(product, taps, x, w, tiles);
  }

  /// The large tile takes whole steps of each tap, the small one packs them.
  static Tiles tiles(
      TileProduct product,
      Taps taps,
      int rows,
      int cols,
      int k,
      ElementType type,
      @Nullable Tensor... operands) {
    return product.tiles(
        Product.of(rows, cols, taps.count() * k),
        Product.overTaps(rows, cols, taps.count(), k),
        type,
        operands);
  }

  private KernelLauncher sizes(Taps taps, Tensor x, Tensor w) {
    launcher.putLong(taps.bits()).putInt(taps.k());
    launcher.putInt(x.dim(0)).putInt(x.dim(1)).putInt(x.dim(2));
    return launcher.putInt(w.dim(2)).putInt(w.dim(1));
  }

  private void launch(TileProduct product, Taps taps, Tensor x, Tensor w, Tiles tiles) {
    launcher.putAddress(scratch);
    sizes(taps, x, w).putInt(tiles.chunk());
    product.launch(tiles, x.type());
  }
}
