package dev.hindsight.sample;

import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The last rows of an image that a layer has computed, for a batch of images: (R,28,B,C), row `r`
/// at `r mod R`. A pixel of all images is one block, so every op can take one. All views are made
/// at the start, so that a pixel allocates nothing.
public final class PixelRows {
  private static final int WIDTH = AutoregressiveModel.SIDE;

  private final Tensor all;
  private final int kept;
  private final List<Tensor> rows = new ArrayList<>(); // (28,B,C)
  private final List<Tensor> pixels = new ArrayList<>(); // (B,C)

  public PixelRows(Scope scope, int kept, int batch, int channels) {
    this.kept = kept;
    this.all = scope.zeros(kept, WIDTH, batch, channels);
    Shape row = Shape.of(WIDTH, batch, channels);
    Shape pixel = Shape.of(batch, channels);
    for (int r = 0; r < kept; r++) {
      rows.add(all.part(r * row.size(), row));
      for (int c = 0; c < WIDTH; c++) {
        pixels.add(all.part((r * (long) WIDTH + c) * pixel.size(), pixel));
      }
    }
  }

  /// (R,28,B,C)
  public Tensor all() {
    return all;
  }

  /// (28,B,C)
  public Tensor row(int row) {
    return rows.get(row % kept);
  }

  /// (B,C)
  public Tensor pixel(int row, int column) {
    return pixels.get(row % kept * WIDTH + column);
  }
}
