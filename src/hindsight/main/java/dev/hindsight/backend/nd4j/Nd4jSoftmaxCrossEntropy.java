package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/// The loss of classes, one row after the other.
final class Nd4jSoftmaxCrossEntropy implements SoftmaxCrossEntropy {
  private final Nd4jMemory memory;

  Nd4jSoftmaxCrossEntropy(Nd4jMemory memory) {
    this.memory = memory;
  }

  @Override
  public void forward(
      Tensor logits, Tensor target, float scale, Tensor nll, @Nullable Tensor dlogits) {
    INDArray l = memory.matrix(logits);
    INDArray largest = l.max(true, 1);
    INDArray p = Transforms.exp(l.subColumnVector(largest), false);
    INDArray sum = p.sum(true, 1);
    p.diviColumnVector(sum);
    for (int n = 0; n < logits.rows(); n++) {
      int t = memory.vector(target).getInt(n);
      if (t == memory.vector(target).getDouble(n) && t >= 0 && t < logits.channels()) {
        double logSum = largest.getDouble(n, 0) + Math.log(sum.getDouble(n, 0));
        memory.vector(nll).putScalar(n, logSum - l.getDouble(n, t));
        p.putScalar(n, t, p.getDouble(n, t) - 1);
      } else {
        memory.vector(nll).putScalar(n, Double.NaN);
        p.getRow(n).assign(Double.NaN);
      }
    }
    if (dlogits != null) {
      memory.matrix(dlogits).addi(p.muli(scale));
    }
  }
}
