package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Inputs;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `previous_pixel.cu` and `embed_previous.cu`.
final class InputKernels implements Inputs {
  private static final int THREADS = 256;

  private final Launcher launcher;
  private final Shapes shapes;
  private final long partial;
  private final Kernel previousPixel;
  private final Kernel embedPrevious;
  private final Kernel positionKernel;
  private final Kernel tableKernel;
  private final Kernel columnSum;

  InputKernels(Modules modules, Launcher launcher, Shapes shapes, long partial) {
    this.launcher = launcher;
    this.shapes = shapes;
    this.partial = partial;
    previousPixel = kernel(modules, "previous_pixel", "previous_pixel");
    embedPrevious = kernel(modules, "embed_previous", "embed_previous");
    positionKernel = kernel(modules, "embed_previous", "embed_previous_dposition");
    tableKernel = kernel(modules, "embed_previous", "embed_previous_dtable");
    columnSum = kernel(modules, "column_sum", "column_sum");
  }

  private static Kernel kernel(Modules modules, String file, String name) {
    return new Kernel(name, modules.function(file, name), THREADS);
  }

  @Override
  public void previousPixel(Tensor pixels, int side, Tensor y) {
    int length = pixels.channels();
    launcher.put(pixels).put(y).putLong(pixels.size());
    launcher.putInt(length).putInt(side).putInt(length / side);
    launcher.launch(previousPixel, shapes.stride(pixels.size(), THREADS), 1);
  }

  @Override
  public void embedPrevious(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    embed(pixels, table, position, y, 0, pixels.channels());
  }

  @Override
  public void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y) {
    embed(pixels, table, position, y, t, 1);
  }

  private void embed(Tensor pixels, Tensor table, Tensor position, Tensor y, int from, int count) {
    if (y.size() == 0) {
      return;
    }
    launcher.put(pixels).put(table).put(position).put(y);
    launcher.putInt(pixels.rows()).putInt(pixels.channels()).putInt(table.channels());
    launcher.putInt(table.dim(0)).putInt(from).putInt(count);
    launcher.launch(embedPrevious, shapes.stride(y.size(), 4 * THREADS), 1);
  }

  @Override
  public void embedPreviousBackward(
      Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition) {
    if (dy.size() == 0) {
      return;
    }
    if (dposition != null) {
      launcher.put(dy).put(dposition).putInt(pixels.rows()).putLong(dposition.size());
      launcher.launch(positionKernel, shapes.stride(dposition.size(), 4 * THREADS), 1);
    }
    if (dtable != null) {
      int rows = Math.toIntExact(pixels.size());
      int channels = dtable.channels();
      int values = dtable.dim(0);
      var grid = shapes.columns(rows, values * channels);
      launcher.put(pixels).put(dy).putAddress(partial);
      launcher.putInt(rows).putInt(pixels.channels()).putInt(channels).putInt(values);
      launcher.putInt(grid.rows());
      launcher.launch(tableKernel, values * ((channels + 31) / 32), grid.pieces());
      launcher.putAddress(partial).put(dtable).putInt(grid.pieces()).putInt(values * channels);
      launcher.putInt(grid.pieces()).putInt(1);
      launcher.launch(columnSum, (values * channels + 31) / 32, 1);
    }
  }
}
