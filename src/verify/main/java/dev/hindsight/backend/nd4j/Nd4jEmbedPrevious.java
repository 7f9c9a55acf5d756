package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Rows of two tables, number after number: ND4J would take tens of microseconds for each row.
record Nd4jEmbedPrevious(Nd4jMemory memory) implements EmbedPrevious {
  @Override
  public void forward(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    Tables tables = tables(pixels, table, position);
    double[] out = new double[Math.toIntExact(y.size())];
    for (int k = 0; k < tables.pixels.length; k++) {
      tables.embed(k, out, k);
    }
    memory.write(y, out);
  }

  @Override
  public void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y) {
    Tables tables = tables(pixels, table, position);
    double[] out = new double[Math.toIntExact(y.size())];
    for (int b = 0; b < pixels.rows(); b++) {
      tables.embed(b * pixels.channels() + t, out, b);
    }
    memory.write(y, out);
  }

  private Tables tables(Tensor pixels, Tensor table, Tensor position) {
    return new Tables(
        memory.doubles(pixels),
        pixels.channels(),
        memory.doubles(table),
        memory.doubles(position),
        table.channels());
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Tables(
      double[] pixels, int length, double[] table, double[] position, int channels) {

    /// Row `to` of out becomes the place of pixel `k` and the row of the pixel before it.
    void embed(int k, double[] out, int to) {
      int t = k % length;
      int row = t == 0 ? 0 : row(pixels[k - 1], table.length / channels);
      for (int c = 0; c < channels; c++) {
        double before = t == 0 ? 0 : row < 0 ? Double.NaN : table[row * channels + c];
        out[to * channels + c] = position[t * channels + c] + before;
      }
    }
  }

  /// -1 where a value is none of the rows.
  private static int row(double value, int rows) {
    return value >= 0 && value < rows && value == Math.floor(value) ? (int) value : -1;
  }

  @Override
  public void backward(
      Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition) {
    int channels = dy.channels();
    double[] values = memory.doubles(pixels);
    double[] up = memory.doubles(dy);
    double[] rows = dtable == null ? new double[0] : memory.doubles(dtable);
    double[] places = dposition == null ? new double[0] : memory.doubles(dposition);
    for (int k = 0; k < values.length; k++) {
      int t = k % pixels.channels();
      int row = t == 0 || dtable == null ? -1 : row(values[k - 1], dtable.dim(0));
      for (int c = 0; c < channels; c++) {
        if (dposition != null) {
          places[t * channels + c] += up[k * channels + c];
        }
        if (row >= 0) {
          rows[row * channels + c] += up[k * channels + c];
        }
      }
    }
    if (dtable != null) {
      memory.write(dtable, rows);
    }
    if (dposition != null) {
      memory.write(dposition, places);
    }
  }
}
