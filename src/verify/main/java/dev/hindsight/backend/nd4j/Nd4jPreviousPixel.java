package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.PreviousPixel;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/// Value, row and column of the pixel before, one position at a time.
record Nd4jPreviousPixel(Nd4jMemory memory) implements PreviousPixel {
  @Override
  public void forward(Tensor pixels, int side, Tensor y) {
    int length = pixels.channels();
    int height = length / side;
    INDArray values = memory.matrix(pixels);
    INDArray out = memory.matrix(y); // (B·T,3)
    out.assign(0);
    for (int b = 0; b < pixels.rows(); b++) {
      for (int t = 1; t < length; t++) {
        int row = (t - 1) / side;
        int column = (t - 1) % side;
        out.putScalar(b * length + t, 0, values.getDouble(b, t - 1));
        out.putScalar(b * length + t, 1, row / Math.max(height - 1.0, 1));
        out.putScalar(b * length + t, 2, column / Math.max(side - 1.0, 1));
      }
    }
  }
}
