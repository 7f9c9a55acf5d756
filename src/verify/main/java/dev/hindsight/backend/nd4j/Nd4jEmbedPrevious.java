package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Rows of two tables, number after number: ND4J would take tens of microseconds for each row.
record Nd4jEmbedPrevious(Nd4jMemory memory) implements EmbedPrevious {
  /// What pixels choose from a table.
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Values(double[] pixels, int length, int channels, int levels) {
    /// The row of the table by channel `c` of the pixel before place `k` of all images; -1 where
    /// its value is none.
    int row(int k, int c) {
      double value = pixels[(k - 1) * channels + c];
      boolean known = value >= 0 && value < levels && value == Math.floor(value);
      return known ? c * levels + (int) value : -1;
    }
  }

  private Values values(Tensor pixels, int length, int rows) {
    int channels = pixels.channels() / length;
    return new Values(memory.doubles(pixels), length, channels, rows / channels);
  }

  @Override
  public void forward(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    Tables tables = tables(pixels, table, position);
    double[] out = new double[Math.toIntExact(y.size())];
    for (int k = 0; k < y.rows(); k++) {
      tables.embed(k, out, k);
    }
    memory.write(y, out);
  }

  @Override
  public void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y) {
    Tables tables = tables(pixels, table, position);
    double[] out = new double[Math.toIntExact(y.size())];
    for (int b = 0; b < pixels.rows(); b++) {
      tables.embed(b * position.dim(0) + t, out, b);
    }
    memory.write(y, out);
  }

  private Tables tables(Tensor pixels, Tensor table, Tensor position) {
    return new Tables(
        values(pixels, position.dim(0), table.dim(0)),
        memory.doubles(table),
        memory.doubles(position),
        table.channels());
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Tables(Values values, double[] table, double[] position, int width) {
    /// Row `to` of out becomes the embedding of place `k` of all images.
    void embed(int k, double[] out, int to) {
      int t = k % values.length;
      System.arraycopy(position, t * width, out, to * width, width);
      for (int c = 0; c < values.channels && t > 0; c++) {
        int row = values.row(k, c);
        for (int o = 0; o < width; o++) {
          out[to * width + o] += row < 0 ? Double.NaN : table[row * width + o];
        }
      }
    }
  }

  @Override
  public void backward(
      Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition) {
    double[] up = memory.doubles(dy);
    if (dtable != null) {
      double[] rows = memory.doubles(dtable);
      addRows(values(pixels, dy.dim(1), dtable.dim(0)), up, dy.channels(), rows);
      memory.write(dtable, rows);
    }
    if (dposition != null) {
      double[] places = memory.doubles(dposition);
      for (int k = 0; k < up.length; k++) {
        places[k % places.length] += up[k];
      }
      memory.write(dposition, places);
    }
  }

  private static void addRows(Values values, double[] up, int width, double[] rows) {
    for (int k = 0; k < up.length / width; k++) {
      for (int c = 0; c < values.channels && k % values.length > 0; c++) {
        int row = values.row(k, c);
        for (int o = 0; o < width && row >= 0; o++) {
          rows[row * width + o] += up[k * width + o];
        }
      }
    }
  }
}
