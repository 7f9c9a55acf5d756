package dev.hindsight.backend.cuda;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Columns;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `embed_previous.cu`.
///
/// A block adds up rows of dy in shared memory, where each of its warps has a sum for every level:
/// all eight of them for few levels, down to one for as many as there may be.
final class CudaEmbedPrevious extends CudaFamily implements EmbedPrevious {
  private static final int WARPS = THREADS / 32;

  private final Variants forward = variants("embed_previous");
  private final Variants positions = variants("embed_previous_dposition");
  private final Variants tables = variants("embed_previous_dtable");

  CudaEmbedPrevious(Kernels kernels) {
    super(kernels);
  }

  @Override
  public void forward(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    embed(pixels, table, position, y, 0, position.dim(0));
  }

  @Override
  public void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y) {
    embed(pixels, table, position, y, t, 1);
  }

  private void embed(Tensor pixels, Tensor table, Tensor position, Tensor y, int from, int count) {
    int length = position.dim(0);
    int channels = pixels.channels() / length;
    launcher.begin().put(pixels).put(table).put(position).put(y);
    launcher.putInt(pixels.rows()).putInt(length).putInt(channels);
    launcher.putInt(table.dim(0) / channels).putInt(table.channels()).putInt(from).putInt(count);
    launcher.launch(forward.of(y), geometry.elements(y.size()), 1);
  }

  @Override
  public void backward(
      Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition) {
    if (dposition != null) {
      launcher.begin().put(dy).put(dposition).putInt(pixels.rows()).putLong(dposition.size());
      launcher.launch(positions.of(dy), geometry.elements(dposition.size()), 1);
    }
    if (dtable != null) {
      addRows(pixels, dy, dtable);
    }
  }

  private void addRows(Tensor pixels, Tensor dy, Tensor dtable) {
    int length = dy.dim(1);
    int channels = pixels.channels() / length;
    int levels = dtable.dim(0) / channels;
    int width = dtable.channels();
    int warps = Integer.highestOneBit(Math.min(WARPS, MOST_LEVELS / levels));
    Columns grid = geometry.chosenRows(dy.rows(), channels * width, levels, warps);
    boolean cut = grid.pieces() > 1;
    launcher.begin().put(pixels).put(dy).putAddress(cut ? scratch : dtable.address());
    launcher.putInt(dy.rows()).putInt(length).putInt(channels).putInt(levels).putInt(width);
    launcher.putInt(grid.rows()).putInt(warps).putInt(cut ? 0 : 1);
    int blocks = channels * Math.ceilDiv(width, 32);
    int bytes = warps * levels * 32 * Float.BYTES;
    launcher.launchWithShared(tables.of(dy), blocks, grid.pieces(), bytes);
    if (cut) {
      columnSum.addPieces(scratch, grid.pieces(), dtable);
    }
  }
}
