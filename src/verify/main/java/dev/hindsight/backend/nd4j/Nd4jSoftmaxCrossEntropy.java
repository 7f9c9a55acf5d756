package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.SoftmaxCrossEntropy;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/// The loss of classes, one value after the other.
record Nd4jSoftmaxCrossEntropy(Nd4jMemory memory) implements SoftmaxCrossEntropy {
  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    INDArray l = memory.matrix(logits);
    INDArray largest = l.max(true, 1);
    INDArray sum = Transforms.exp(l.subColumnVector(largest), false).sum(true, 1);
    int images = Math.toIntExact(nll.size());
    int values = logits.rows() / images;
    for (int b = 0; b < images; b++) {
      double all = 0;
      for (int n = b * values; n < (b + 1) * values; n++) {
        int t = chosen(logits, target, n);
        double logSum = largest.getDouble(n, 0) + Math.log(sum.getDouble(n, 0));
        all += t < 0 ? Double.NaN : logSum - l.getDouble(n, t);
      }
      memory.vector(nll).putScalar(b, all);
    }
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    INDArray l = memory.matrix(logits);
    INDArray p = Transforms.exp(l.subColumnVector(l.max(true, 1)), false);
    p.diviColumnVector(p.sum(true, 1));
    for (int n = 0; n < logits.rows(); n++) {
      int t = chosen(logits, target, n);
      if (t < 0) {
        p.getRow(n).assign(Double.NaN);
      } else {
        p.putScalar(n, t, p.getDouble(n, t) - 1);
      }
    }
    memory.matrix(memory.begun(dlogits)).addi(p.muli(scale));
  }

  /// -1 when the target is no class.
  private int chosen(Tensor logits, Tensor target, int n) {
    double t = memory.vector(target).getDouble(n);
    return t == (int) t && t >= 0 && t < logits.channels() ? (int) t : -1;
  }
}
