package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.SigmoidCrossEntropy;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/// The loss of Bernoulli pixels.
record Nd4jSigmoidCrossEntropy(Nd4jMemory memory) implements SigmoidCrossEntropy {
  @Override
  public void forward(Tensor logits, Tensor target, Tensor nll) {
    INDArray l = memory.matrix(logits);
    INDArray t = memory.matrix(target);
    INDArray softplus = Transforms.exp(Transforms.abs(l).negi(), false).addi(1);
    softplus = Transforms.log(softplus, false).addi(Transforms.relu(l, true));
    memory.vector(nll).assign(softplus.subi(l.mul(t)).sum(1));
  }

  @Override
  public void backward(Tensor logits, Tensor target, float scale, Gradient dlogits) {
    INDArray p = Transforms.sigmoid(memory.matrix(logits), true);
    memory.matrix(memory.begun(dlogits)).addi(p.subi(memory.matrix(target)).muli(scale));
  }
}
