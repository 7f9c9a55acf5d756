package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.PreviousPixel;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/// Channels, row and column of the pixel before, one position at a time.
record Nd4jPreviousPixel(Nd4jMemory memory) implements PreviousPixel {
  @Override
  public void forward(Tensor pixels, int side, Tensor y) {
    int channels = y.channels() - 2;
    int length = pixels.channels() / channels;
    int height = length / side;
    INDArray values = memory.matrix(pixels);
    INDArray out = memory.matrix(y); // (B·T,C+2)
    out.assign(0);
    for (int b = 0; b < pixels.rows(); b++) {
      for (int t = 1; t < length; t++) {
        int row = (t - 1) / side;
        int column = (t - 1) % side;
        for (int c = 0; c < channels; c++) {
          out.putScalar(b * length + t, c, values.getDouble(b, (t - 1) * channels + c));
        }
        out.putScalar(b * length + t, channels, row / Math.max(height - 1.0, 1));
        out.putScalar(b * length + t, channels + 1, column / Math.max(side - 1.0, 1));
      }
    }
  }
}
