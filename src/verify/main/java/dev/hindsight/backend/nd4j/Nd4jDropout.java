package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Dropout;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Dropout, one number after the other.
record Nd4jDropout(Nd4jMemory memory) implements Dropout {
  @Override
  public void forward(Tensor draw, long offset, float rate, Tensor x, Tensor y) {
    memory.vector(x).muli(kept(draw, offset, rate, x), memory.vector(y));
  }

  @Override
  public void backward(Tensor draw, long offset, float rate, Tensor dy, Gradient dx) {
    memory.vector(memory.begun(dx)).addi(memory.vector(dy).mul(kept(draw, offset, rate, dy)));
  }

  /// 1 / (1 - rate) where an element is kept, else 0.
  private INDArray kept(Tensor draw, long offset, float rate, Tensor x) {
    RandomKey key = Draw.of(memory.ints(draw)).key();
    int[] block = new int[4];
    double[] factors = new double[Math.toIntExact(x.size())];
    for (int k = 0; k < factors.length; k++) {
      factors[k] = Philox.uniform(key, offset + k, block) >= rate ? 1 / (1.0 - rate) : 0;
    }
    return Nd4j.createFromArray(factors).castTo(memory.type());
  }
}
