package dev.hindsight.backend.nd4j;

import static dev.hindsight.backend.Activation.SIGMOID;
import static dev.hindsight.backend.Activation.TANH;
import static dev.hindsight.backend.nd4j.Activations.derivativeFromOutput;

import dev.hindsight.backend.LstmCell;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/// A step of LSTM units as in the paper.
final class Nd4jLstmCell implements LstmCell {
  private final Nd4jMemory memory;

  Nd4jLstmCell(Nd4jMemory memory) {
    this.memory = memory;
  }

  @Override
  public void forward(
      Tensor gates, @Nullable Tensor recurrent, @Nullable Tensor before, Tensor c, Tensor h) {
    INDArray all = memory.matrix(gates);
    if (recurrent != null) {
      all.addi(memory.matrix(recurrent));
    }
    for (int k = 0; k < 4; k++) {
      INDArray gate = gate(all, k);
      gate.assign(Activations.activate(k == 2 ? TANH : SIGMOID, gate.dup()));
    }
    INDArray state = gate(all, 0).mul(gate(all, 2));
    if (before != null) {
      state.addi(gate(all, 1).mul(memory.matrix(before)));
    }
    memory.matrix(c).assign(state);
    memory.matrix(h).assign(Activations.activate(TANH, state).muli(gate(all, 3)));
  }

  @Override
  public void backward(
      Tensor gates,
      @Nullable Tensor before,
      Tensor c,
      Tensor dh,
      @Nullable Tensor carried,
      Tensor dc) {
    INDArray all = memory.matrix(gates);
    INDArray i = gate(all, 0).dup();
    INDArray f = gate(all, 1).dup();
    INDArray g = gate(all, 2).dup();
    INDArray o = gate(all, 3).dup();
    INDArray squashed = Activations.activate(TANH, memory.matrix(c).dup());
    INDArray dy = memory.matrix(dh).dup();
    if (carried != null) {
      dy.addi(memory.matrix(carried));
    }
    INDArray ds = memory.matrix(dc);
    ds.addi(derivativeFromOutput(TANH, squashed).muli(o).muli(dy));
    gate(all, 0).assign(derivativeFromOutput(SIGMOID, i).muli(g).muli(ds));
    gate(all, 1).assign(0);
    if (before != null) {
      gate(all, 1).assign(derivativeFromOutput(SIGMOID, f).muli(memory.matrix(before)).muli(ds));
    }
    gate(all, 2).assign(derivativeFromOutput(TANH, g).muli(i).muli(ds));
    gate(all, 3).assign(derivativeFromOutput(SIGMOID, o).muli(squashed).muli(dy));
    ds.muli(f);
  }

  /// Columns of gate `k` of four.
  private static INDArray gate(INDArray all, int k) {
    int width = all.columns() / 4;
    return Matrices.block(all, 0, all.rows(), (long) k * width, (k + 1L) * width);
  }
}
