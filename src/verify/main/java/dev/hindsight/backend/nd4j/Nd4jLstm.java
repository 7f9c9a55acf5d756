package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Lstm;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/// The recurrence of an LSTM, one step after the other.
record Nd4jLstm(Nd4jMemory memory) implements Lstm {
  @Override
  public void packLstm(Tensor wh, Tensor packed) {
    memory.vector(packed).assign(memory.vector(wh));
  }

  @Override
  public void forward(Tensor packed, Tensor h, Tensor c, Tensor gates) {
    INDArray w = memory.matrix(packed);
    for (int t = 0; t < gates.dim(0); t++) {
      INDArray all = slot(gates, t);
      all.addi(Matrices.product(slot(h, t), false, w, true));
      Nd4jLstmCell.forward(all, slot(c, t), slot(c, t + 1), slot(h, t + 1));
    }
  }

  @Override
  public void backward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    INDArray w = memory.matrix(wh);
    for (int t = gates.dim(0) - 1; t >= 0; t--) {
      INDArray all = slot(gates, t);
      Nd4jLstmCell.backward(all, slot(c, t), slot(c, t + 1), slot(dh, t), memory.matrix(dc));
      if (t > 0) {
        slot(dh, t - 1).addi(Matrices.product(all, false, w, false));
      }
    }
  }

  /// Step `t` of a sequence (T,B,C), as (B,C).
  private INDArray slot(Tensor sequence, int t) {
    int rows = sequence.dim(1);
    int channels = sequence.channels();
    return memory.matrix(sequence.part((long) t * rows * channels, Shape.of(rows, channels)));
  }
}
