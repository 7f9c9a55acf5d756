package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/// Rows of two tables, one position at a time.
final class Nd4jEmbedPrevious implements EmbedPrevious {
  private final Nd4jMemory memory;

  Nd4jEmbedPrevious(Nd4jMemory memory) {
    this.memory = memory;
  }

  @Override
  public void forward(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    int length = pixels.channels();
    INDArray values = memory.matrix(pixels);
    INDArray places = memory.matrix(position);
    INDArray out = memory.matrix(y); // (B·T,C)
    for (int b = 0; b < pixels.rows(); b++) {
      for (int t = 0; t < length; t++) {
        embed(values, b, t, table, places, out.getRow(b * (long) length + t));
      }
    }
  }

  @Override
  public void embedPreviousAt(Tensor pixels, int t, Tensor table, Tensor position, Tensor y) {
    INDArray values = memory.matrix(pixels);
    INDArray places = memory.matrix(position);
    for (int b = 0; b < pixels.rows(); b++) {
      embed(values, b, t, table, places, memory.matrix(y).getRow(b));
    }
  }

  private void embed(INDArray values, int b, int t, Tensor table, INDArray places, INDArray row) {
    row.assign(places.getRow(t));
    if (t > 0) {
      double value = values.getDouble(b, t - 1);
      if (isRow(value, table)) {
        row.addi(memory.matrix(table).getRow((long) value));
      } else {
        row.assign(Double.NaN);
      }
    }
  }

  private static boolean isRow(double value, Tensor table) {
    return value >= 0 && value < table.dim(0) && value == Math.floor(value);
  }

  @Override
  public void backward(
      Tensor pixels, Tensor dy, @Nullable Tensor dtable, @Nullable Tensor dposition) {
    int length = pixels.channels();
    INDArray values = memory.matrix(pixels);
    INDArray up = memory.matrix(dy);
    for (int b = 0; b < pixels.rows(); b++) {
      for (int t = 0; t < length; t++) {
        INDArray row = up.getRow(b * (long) length + t);
        if (dposition != null) {
          memory.matrix(dposition).getRow(t).addi(row);
        }
        if (dtable != null && t > 0) {
          double value = values.getDouble(b, t - 1);
          if (isRow(value, dtable)) {
            memory.matrix(dtable).getRow((long) value).addi(row);
          }
        }
      }
    }
  }
}
