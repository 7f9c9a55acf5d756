package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedLinear;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.backend.cuda.launch.TileProduct;
import dev.hindsight.backend.cuda.launch.Uploads;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;

/// Launches `masked_linear.cu`: products of tiles, or a dot product per warp for the few columns
/// that a sampler asks for.
final class CudaMaskedLinear extends CudaFamily implements MaskedLinear {
  private static final int NARROW_THREADS = 128;

  private final TileProduct y = smallProduct("masked_linear");
  private final TileProduct dx = smallProduct("masked_linear_dx");
  private final TileProduct dw = smallProduct("masked_linear_dw");
  private final Variants narrow = variants("masked_linear_narrow", NARROW_THREADS);
  private final CudaActivate activate;
  private final Uploads uploads;

  CudaMaskedLinear(Kernels kernels, CudaActivate activate, Uploads uploads) {
    super(kernels);
    this.activate = activate;
    this.uploads = uploads;
  }

  @Override
  public void forward(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    CudaLinear.requireFusible(f);
    int n = x.rows();
    long live = uploads.live(degrees);
    launcher.begin().put(x).put(w).put(b).putAddress(live).put(y);
    if (to - from <= LaunchGeometry.NARROW) {
      sizes(n, w).putInt(from).putInt(to).put(f);
      int warps = NARROW_THREADS / 32;
      launcher.launch(
          narrow.of(x), Math.toIntExact(((long) n * (to - from) + warps - 1) / warps), 1);
      return;
    }
    Tiles tiles = geometry.maskedY(n, degrees, from, to);
    launcher.putAddress(scratch);
    sizes(n, w).putInt(from).putInt(to).put(f).putInt(tiles.chunk());
    this.y.launch(tiles, x.type());
  }

  @Override
  public void backward(
      Tensor x, Tensor w, Degrees degrees, Activation f, Tensor y, Tensor dy, Gradients to) {
    CudaLinear.requireFusible(f);
    Activation slope = f; // that the products take on the way
    if (to.dw() == null && to.db() != null) {
      activate.scaleBySlope(f, y, dy);
      columnSum.add(dy, to.db());
      slope = Activation.IDENTITY;
    }
    if (to.dx() != null) {
      Tiles tiles = geometry.maskedDx(dy.rows(), degrees);
      launcher.begin().put(dy).put(y).put(slope).put(w).putAddress(uploads.first(degrees));
      launcher.put(to.dx()).putAddress(scratch);
      sizes(dy.rows(), w).putInt(tiles.chunk());
      this.dx.launch(tiles, dy.type());
    }
    if (to.dw() != null) {
      Tiles tiles = geometry.maskedDw(dy.rows(), degrees);
      launcher.begin().put(dy).put(y).put(slope).put(x).putAddress(uploads.live(degrees));
      launcher.put(to.dw()).put(to.db()).putAddress(scratch);
      sizes(dy.rows(), to.dw()).putInt(tiles.chunk());
      this.dw.launch(tiles, dy.type());
    }
  }

  private KernelLauncher sizes(int n, Tensor w) {
    return launcher.putInt(n).putInt(w.channels()).putInt(w.dim(0));
  }
}
