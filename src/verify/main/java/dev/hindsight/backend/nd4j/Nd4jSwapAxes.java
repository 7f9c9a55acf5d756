package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.SwapAxes;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

record Nd4jSwapAxes(Nd4jMemory memory) implements SwapAxes {
  @Override
  public void forward(Tensor x, Tensor y) {
    cube(y, x.dim(1), x.dim(0), x.channels()).assign(cube(x).permute(1, 0, 2));
  }

  @Override
  public void backward(Tensor dy, Gradient dx) {
    Tensor sum = memory.begun(dx);
    cube(sum).addi(cube(dy, sum.dim(1), sum.dim(0), sum.channels()).permute(1, 0, 2));
  }

  private INDArray cube(Tensor t) {
    return cube(t, t.dim(0), t.dim(1), t.channels());
  }

  private INDArray cube(Tensor t, long... dims) {
    return memory.vector(t).reshape('c', dims);
  }
}
