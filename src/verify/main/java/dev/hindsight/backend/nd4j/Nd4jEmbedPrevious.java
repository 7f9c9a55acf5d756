package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.EmbedPrevious;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Rows of two tables, one image at a time.
final class Nd4jEmbedPrevious implements EmbedPrevious {
  private final Nd4jMemory memory;

  Nd4jEmbedPrevious(Nd4jMemory memory) {
    this.memory = memory;
  }

  @Override
  public void forward(Tensor pixels, Tensor table, Tensor position, Tensor y) {
    int length = pixels.channels();
    int channels = y.channels();
    INDArray values = memory.matrix(pixels);
    INDArray places = memory.view(position, 0, length, channels, channels);
    for (int b = 0; b < pixels.rows(); b++) {
      long first = (long) b * length * channels;
      memory.view(y, first, length, channels, channels).assign(places);
      if (length > 1) {
        addRows(values, b, table, memory.view(y, first + channels, length - 1, channels, channels));
      }
    }
  }

  /// Adds the row of each pixel but the last to what stands at the next position.
  private void addRows(INDArray values, int b, Tensor table, INDArray next) {
    int[] rows = new int[next.rows()];
    List<Integer> unknown = new ArrayList<>();
    for (int t = 0; t < rows.length; t++) {
      double value = values.getDouble(b, t);
      if (isRow(value, table)) {
        rows[t] = (int) value;
      } else {
        unknown.add(t);
      }
    }
    next.addi(Nd4j.pullRows(memory.matrix(table), 1, rows));
    unknown.forEach(t -> next.getRow(t).assign(Double.NaN));
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
    int channels = dy.channels();
    if (dposition != null) {
      INDArray sum = memory.view(dposition, 0, length, channels, channels);
      for (int b = 0; b < pixels.rows(); b++) {
        sum.addi(memory.view(dy, (long) b * length * channels, length, channels, channels));
      }
    }
    if (dtable != null) {
      addToRows(pixels, dy, dtable);
    }
  }

  /// Each gradient to the row that was read, in the order of positions: ND4J would take tens of
  /// microseconds for each.
  private void addToRows(Tensor pixels, Tensor dy, Tensor dtable) {
    int length = pixels.channels();
    int channels = dy.channels();
    INDArray table = memory.matrix(dtable);
    double[] sum = table.dup().data().asDouble();
    double[] values = memory.matrix(pixels).dup().data().asDouble();
    double[] up = memory.matrix(dy).dup().data().asDouble();
    boolean single = table.dataType() == DataType.FLOAT;
    for (int k = 1; k < values.length; k++) {
      if (k % length != 0 && isRow(values[k - 1], dtable)) {
        int row = channels * (int) values[k - 1];
        for (int c = 0; c < channels; c++) {
          double next = sum[row + c] + up[k * channels + c];
          sum[row + c] = single ? (float) next : next;
        }
      }
    }
    table.assign(Nd4j.createFromArray(sum).reshape(table.shape()));
  }
}
