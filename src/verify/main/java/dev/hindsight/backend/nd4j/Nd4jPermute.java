package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Permute;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/// Rows, then columns, taken in another order.
record Nd4jPermute(Nd4jMemory memory) implements Permute {
  @Override
  public void forward(
      Tensor x,
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Degrees degrees,
      Tensor y) {
    INDArray taken =
        take(memory.matrix(x), indices(rows, y.rows()), indices(columns, y.channels()));
    memory.matrix(y).assign(onlyExisting(taken, degrees));
  }

  @Override
  public void backward(
      Tensor dy,
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Degrees degrees,
      Gradient dx) {
    INDArray up = onlyExisting(memory.matrix(dy).dup(), degrees);
    int[] toRows = inverse(indices(rows, dy.rows()));
    int[] toColumns = inverse(indices(columns, dy.channels()));
    memory.matrix(memory.begun(dx)).addi(take(up, toRows, toColumns));
  }

  /// A copy.
  private static INDArray take(INDArray x, int[] rows, int[] columns) {
    return x.getRows(rows).getColumns(columns).dup();
  }

  private static INDArray onlyExisting(INDArray all, @Nullable Degrees degrees) {
    for (int n = 0; degrees != null && n < degrees.outputs(); n++) {
      int live = degrees.live(n);
      if (live < degrees.inputs()) {
        all.get(NDArrayIndex.point(n), NDArrayIndex.interval(live, degrees.inputs())).assign(0);
      }
    }
    return all;
  }

  private int[] indices(@Nullable Tensor given, int count) {
    return given == null ? IntStream.range(0, count).toArray() : memory.ints(given);
  }

  private static int[] inverse(int[] indices) {
    int[] inverse = new int[indices.length];
    for (int k = 0; k < indices.length; k++) {
      inverse[indices[k]] = k;
    }
    return inverse;
  }
}
