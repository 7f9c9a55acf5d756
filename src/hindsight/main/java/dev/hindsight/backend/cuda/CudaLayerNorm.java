package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.LayerNorm;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `layer_norm.cu`: a warp for each row, or a block where rows are wide.
final class CudaLayerNorm extends CudaFamily implements LayerNorm {
  /// Channels up to which a row lies in the registers of its warp, and one kernel does all.
  private static final int NARROW = 512;

  private final Variants forward = variants("layer_norm");
  private final Variants wide = variants("layer_norm_wide");
  private final Variants backward = variants("layer_norm_backward");
  private final Variants wideDx = variants("layer_norm_wide_dx");
  private final Variants wideGain = variants("layer_norm_wide_gain");

  CudaLayerNorm(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(
      Tensor x, Tensor gain, Tensor bias, boolean relu, Tensor y, Tensor mean, Tensor rstd) {
    launcher.begin().put(x).put(gain).put(bias).putInt(relu ? 1 : 0).put(y).put(mean).put(rstd);
    launcher.putInt(x.rows()).putInt(x.channels());
    if (x.channels() <= NARROW) {
      launcher.launch(forward.of(x), geometry.normBlocks(x.rows()), 1);
    } else {
      launcher.launch(wide.of(x), x.rows(), 1);
    }
  }

  @Override
  public void backward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      @Nullable Tensor y,
      Tensor dy,
      Gradients to) {
    boolean gains = to.dw() != null || to.db() != null;
    int pieces =
        x.channels() <= NARROW
            ? narrow(x, gain, mean, rstd, y, dy, to.dx(), gains)
            : wide(x, gain, mean, rstd, y, dy, to.dx(), gains);
    long biases = scratch + (long) pieces * x.channels() * Float.BYTES;
    Tensor dgain = to.dw();
    Tensor dbias = to.db();
    if (dgain != null && dbias != null && behind(dgain) == dbias.address()) { // as parameters lie
      columnSum.addPieces(scratch, pieces, dgain, 2);
      return;
    }
    if (dgain != null) {
      columnSum.addPieces(scratch, pieces, dgain);
    }
    if (dbias != null) {
      columnSum.addPieces(biases, pieces, dbias);
    }
  }

  private static long behind(Tensor gradient) {
    return gradient.address() + gradient.size() * Float.BYTES;
  }

  /// @return rows of sums that were left for gain, and as many for bias
  private int narrow(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      @Nullable Tensor y,
      Tensor dy,
      @Nullable Gradient dx,
      boolean gains) {
    int blocks = gains ? geometry.normBackwardBlocks(x.rows()) : geometry.warps(x.rows());
    launcher.begin().put(x).put(gain).put(mean).put(rstd).put(y).put(dy).put(dx);
    launcher.putAddress(gains ? scratch : 0).putInt(x.rows()).putInt(x.channels());
    launcher.launch(backward.of(x), blocks, 1);
    return blocks;
  }

  private int wide(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      @Nullable Tensor y,
      Tensor dy,
      @Nullable Gradient dx,
      boolean gains) {
    if (dx != null) {
      launcher.begin().put(x).put(gain).put(mean).put(rstd).put(y).put(dy).put(dx);
      launcher.putInt(x.rows()).putInt(x.channels());
      launcher.launch(wideDx.of(x), x.rows(), 1);
    }
    var grid = geometry.columns(x.rows(), 2 * x.channels());
    if (gains) {
      launcher.begin().put(x).put(mean).put(rstd).put(y).put(dy).putAddress(scratch);
      launcher.putInt(x.rows()).putInt(x.channels()).putInt(grid.rows());
      launcher.launch(wideGain.of(x), (x.channels() + 31) / 32, grid.pieces());
    }
    return grid.pieces();
  }
}
