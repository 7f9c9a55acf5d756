package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Muon;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

record Nd4jMuon(Nd4jMemory memory) implements Muon {
  @Override
  public void newtonSchulz(Tensor a, Tensor square, boolean first, Tensor y) {
    INDArray gram = memory.matrix(a);
    double norm = first ? Math.sqrt(Nd4j.diag(gram).sumNumber().doubleValue()) + 1e-7 : 1;
    INDArray sum = Nd4j.eye(a.channels()).castTo(gram.dataType()).muli(3.4445);
    sum.addi(gram.mul(-4.7750 / Math.pow(norm, 2)));
    sum.addi(memory.matrix(square).mul(2.0315 / Math.pow(norm, 4)));
    memory.matrix(y).assign(sum.divi(norm));
  }

  @Override
  public void step(
      Tensor w,
      @Nullable Tensor rounded,
      Tensor direction,
      Tensor numbers,
      float decay,
      float scale) {
    double rate = memory.vector(numbers).getDouble(1);
    INDArray weights = memory.vector(w);
    weights.muli(1 - rate * decay).subi(memory.vector(direction).mul(rate * scale));
    if (rounded != null) {
      memory.vector(rounded).assign(weights);
    }
  }
}
