package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Categorical;
import dev.hindsight.backend.Draw;
import dev.hindsight.random.Philox;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/// Values of classes drawn from their logits, one after the other.
record Nd4jCategorical(Nd4jMemory memory) implements Categorical {
  @Override
  public void draw(Tensor draw, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    Draw drawn = Draw.of(memory.ints(draw));
    int[] block = new int[4];
    int classes = Math.toIntExact(logits.size() / pixels.size());
    long width = pixels.channels();
    for (int n = 0; n < pixels.rows(); n++) {
      for (int d = from; d < to; d++) {
        INDArray l = memory.view(logits, (n * width + d) * classes, 1, classes, classes);
        INDArray sums = Transforms.softmax(l.div(temperature)).cumsum(1);
        float u = Philox.uniform(drawn.key(), (drawn.first() + n) * width + d, block);
        int v = 0;
        while (v < classes - 1 && u >= sums.getDouble(0, v)) {
          v++;
        }
        memory.matrix(pixels).putScalar(n, d, v);
      }
    }
  }
}
