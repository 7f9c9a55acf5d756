package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Normalization;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `layer_norm.cu`: a warp for each row, or a block where rows are wide.
final class NormalizationKernels implements Normalization {
  private static final int THREADS = 256;

  /// Channels up to which a row lies in the registers of its warp, and one kernel does all.
  private static final int NARROW = 512;

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final Kernel forward;
  private final Kernel wide;
  private final Kernel backward;
  private final Kernel wideDx;
  private final Kernel wideGain;
  private final Kernel columnSum;

  NormalizationKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    forward = kernel(modules, "layer_norm", "layer_norm");
    wide = kernel(modules, "layer_norm", "layer_norm_wide");
    backward = kernel(modules, "layer_norm", "layer_norm_backward");
    wideDx = kernel(modules, "layer_norm", "layer_norm_wide_dx");
    wideGain = kernel(modules, "layer_norm", "layer_norm_wide_gain");
    columnSum = kernel(modules, "column_sum", "column_sum");
  }

  private static Kernel kernel(Modules modules, String file, String name) {
    return new Kernel(name, modules.function(file, name), THREADS);
  }

  @Override
  public void layerNorm(Tensor x, Tensor gain, Tensor bias, Tensor y, Tensor mean, Tensor rstd) {
    if (x.size() == 0) {
      return;
    }
    launcher.put(x).put(gain).put(bias).put(y).put(mean).put(rstd);
    launcher.putInt(x.rows()).putInt(x.channels());
    if (x.channels() <= NARROW) {
      launcher.launch(forward, shapes.warps(x.rows()), 1);
    } else {
      launcher.launch(wide, x.rows(), 1);
    }
  }

  @Override
  public void layerNormBackward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dgain,
      @Nullable Tensor dbias) {
    if (x.size() == 0) {
      return;
    }
    boolean gains = dgain != null || dbias != null;
    int pieces =
        x.channels() <= NARROW
            ? narrow(x, gain, mean, rstd, dy, dx, gains)
            : wide(x, gain, mean, rstd, dy, dx, gains);
    long floats = (long) pieces * x.channels();
    if (dgain != null) {
      add(partial, pieces, dgain);
    }
    if (dbias != null) {
      add(partial + floats * Float.BYTES, pieces, dbias);
    }
  }

  /// @return rows of sums that were left for gain, and as many for bias
  private int narrow(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor dy,
      @Nullable Tensor dx,
      boolean gains) {
    int blocks = gains ? shapes.normBlocks(x.rows()) : shapes.warps(x.rows());
    launcher.put(x).put(gain).put(mean).put(rstd).put(dy).put(dx);
    launcher.putAddress(gains ? partial : 0).putInt(x.rows()).putInt(x.channels());
    launcher.launch(backward, blocks, 1);
    return blocks;
  }

  private int wide(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor dy,
      @Nullable Tensor dx,
      boolean gains) {
    if (dx != null) {
      launcher.put(x).put(gain).put(mean).put(rstd).put(dy).put(dx);
      launcher.putInt(x.rows()).putInt(x.channels());
      launcher.launch(wideDx, x.rows(), 1);
    }
    var grid = shapes.columns(x.rows(), 2 * x.channels());
    if (gains) {
      launcher.put(x).put(mean).put(rstd).put(dy).putAddress(partial);
      launcher.putInt(x.rows()).putInt(x.channels()).putInt(grid.rows());
      launcher.launch(wideGain, (x.channels() + 31) / 32, grid.pieces());
    }
    return grid.pieces();
  }

  /// sums += the column sums of `pieces` rows
  private void add(long rows, int pieces, Tensor sums) {
    int channels = Math.toIntExact(sums.size());
    launcher.putAddress(rows).put(sums).putInt(pieces).putInt(channels).putInt(pieces).putInt(1);
    launcher.launch(columnSum, (channels + 31) / 32, 1);
  }
}
