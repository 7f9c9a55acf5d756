package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Permute;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Columns taken in another order.
record Nd4jPermute(Nd4jMemory memory) implements Permute {
  @Override
  public void forward(Tensor x, Tensor columns, Tensor y) {
    memory.matrix(y).assign(memory.matrix(x).getColumns(memory.ints(columns)));
  }

  @Override
  public void backward(Tensor dy, Tensor columns, Gradient dx) {
    int[] back = inverse(memory.ints(columns));
    memory.matrix(memory.begun(dx)).addi(memory.matrix(dy).getColumns(back));
  }

  private static int[] inverse(int[] indices) {
    int[] inverse = new int[indices.length];
    for (int k = 0; k < indices.length; k++) {
      inverse[indices[k]] = k;
    }
    return inverse;
  }
}
