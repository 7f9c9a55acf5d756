package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Bernoulli;
import dev.hindsight.backend.Draw;
import dev.hindsight.random.Philox;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/// Pixels drawn from their logits, one after the other.
record Nd4jBernoulli(Nd4jMemory memory) implements Bernoulli {
  @Override
  public void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    Draw drawn = Draw.of(memory.ints(draw));
    int[] block = new int[4];
    INDArray columns =
        memory.matrix(logits).get(NDArrayIndex.all(), NDArrayIndex.interval(from, to));
    INDArray p = Transforms.sigmoid(columns.div(temperature), false);
    INDArray out = memory.matrix(pixels);
    long width = logits.channels();
    for (int n = 0; n < logits.rows(); n++) {
      for (int d = from; d < to; d++) {
        float u = Philox.uniform(drawn.key(), (drawn.first() + n) * width + d, block);
        out.putScalar(n, d, u < p.getDouble(n, d - from) ? 1 : 0);
      }
    }
  }
}
