package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Lstm;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/// The recurrence of an LSTM, one step after the other.
final class Nd4jLstm implements Lstm {
  private final Nd4jMemory memory;

  Nd4jLstm(Nd4jMemory memory) {
    this.memory = memory;
  }

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
      INDArray i = gate(all, 0);
      INDArray f = gate(all, 1);
      INDArray g = gate(all, 2);
      INDArray o = gate(all, 3);
      i.assign(Transforms.sigmoid(i, true));
      f.assign(Transforms.sigmoid(f, true));
      g.assign(Transforms.tanh(g, true));
      o.assign(Transforms.sigmoid(o, true));
      INDArray state = f.mul(slot(c, t)).addi(i.mul(g));
      slot(c, t + 1).assign(state);
      slot(h, t + 1).assign(Transforms.tanh(state, false).muli(o));
    }
  }

  @Override
  public void backward(Tensor wh, Tensor c, Tensor gates, Tensor dh, Tensor dc) {
    INDArray w = memory.matrix(wh);
    INDArray carried = memory.matrix(dc);
    for (int t = gates.dim(0) - 1; t >= 0; t--) {
      INDArray all = slot(gates, t);
      INDArray i = gate(all, 0);
      INDArray f = gate(all, 1);
      INDArray g = gate(all, 2);
      INDArray o = gate(all, 3);
      INDArray squashed = Transforms.tanh(slot(c, t + 1), true);
      INDArray dy = slot(dh, t);
      carried.addi(squashed.mul(squashed).rsubi(1).muli(o).muli(dy));
      INDArray di = carried.mul(g).muli(slope(i));
      INDArray df = carried.mul(slot(c, t)).muli(slope(f));
      INDArray dg = carried.mul(i).muli(g.mul(g).rsubi(1));
      INDArray outer = dy.mul(squashed).muli(slope(o));
      carried.muli(f);
      i.assign(di);
      f.assign(df);
      g.assign(dg);
      o.assign(outer);
      if (t > 0) {
        slot(dh, t - 1).addi(Matrices.product(all, false, w, false));
      }
    }
  }

  /// σ' by σ
  private static INDArray slope(INDArray y) {
    return y.mul(y.rsub(1));
  }

  /// Step `t` of a sequence (T,B,C), as (B,C).
  private INDArray slot(Tensor sequence, int t) {
    int rows = sequence.dim(1);
    int channels = sequence.channels();
    return memory.matrix(sequence.part((long) t * rows * channels, Shape.of(rows, channels)));
  }

  /// Columns of gate `k` of four.
  private static INDArray gate(INDArray all, int k) {
    int width = all.columns() / 4;
    return Matrices.block(all, 0, all.rows(), (long) k * width, (k + 1L) * width);
  }
}
