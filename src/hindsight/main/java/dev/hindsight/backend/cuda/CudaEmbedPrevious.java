package dev.hindsight.backend.cuda;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `embed_previous.cu`.
final class CudaEmbedPrevious extends CudaFamily implements EmbedPrevious {
  private final Variants forward;
  private final Variants positions;
  private final Variants tables;

  CudaEmbedPrevious(Kernels kernels) {
    super(kernels);
    forward = kernels.variants("embed_previous", "embed_previous", LaunchGeometry.ELEMENT_THREADS);
    positions =
        kernels.variants(
            "embed_previous", "embed_previous_dposition", LaunchGeometry.ELEMENT_THREADS);
    tables =
        kernels.variants("embed_previous", "embed_previous_dtable", LaunchGeometry.ELEMENT_THREADS);
  }

  @Override
  public void forward(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    embed(pixels, table, position, y, 0, pixels.channels());
  }

  @Override
  public void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y) {
    embed(pixels, table, position, y, t, 1);
  }

  private void embed(Tensor pixels, Tensor table, Tensor position, Tensor y, int from, int count) {
    launcher.begin().put(pixels).put(table).put(position).put(y);
    launcher.putInt(pixels.rows()).putInt(pixels.channels()).putInt(table.channels());
    launcher.putInt(table.dim(0)).putInt(from).putInt(count);
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
      int rows = Math.toIntExact(pixels.size());
      int channels = dtable.channels();
      int values = dtable.dim(0);
      var grid = geometry.columns(rows, values * channels);
      launcher.begin().put(pixels).put(dy).putAddress(scratch);
      launcher.putInt(rows).putInt(pixels.channels()).putInt(channels).putInt(values);
      launcher.putInt(grid.rows());
      launcher.launch(tables.of(dy), values * ((channels + 31) / 32), grid.pieces());
      columnSum.addPieces(scratch, grid.pieces(), dtable);
    }
  }
}
