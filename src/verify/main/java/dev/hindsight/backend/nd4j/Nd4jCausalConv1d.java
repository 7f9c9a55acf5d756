package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.CausalConv1d;
import dev.hindsight.backend.Gradients;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Causal convolutions over sequences, one product for each image and tap: tap k reads the rows
/// that lie (K-1-k)·dilation before those it writes. x (B·T,I), w (K·O,I), y (B·T,O).
record Nd4jCausalConv1d(Nd4jMemory memory) implements CausalConv1d {
  private record ConvShape(int images, int length, int outputs, int width, int dilation) {
    static ConvShape of(Tensor x, Tensor w, int dilation) {
      return new ConvShape(x.dim(0), x.dim(1), w.dim(1), w.dim(0), dilation);
    }
  }

  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y) {
    forward(x, w, b, dilation, memory.matrix(y));
  }

  void forward(Tensor x, Tensor w, @Nullable Tensor b, int dilation, INDArray y) {
    INDArray in = memory.matrix(x);
    INDArray taps = memory.matrix(w);
    ConvShape z = ConvShape.of(x, w, dilation);
    y.assign(0);
    eachTap(
        z,
        (image, tap, shift, seen) ->
            rows(y, image + shift, seen)
                .addi(Matrices.product(rows(in, image, seen), false, weights(taps, z, tap), true)));
    if (b != null) {
      y.addiRowVector(memory.vector(b));
    }
  }

  @Override
  public void backward(Tensor x, Tensor w, int dilation, Tensor dy, Gradients to) {
    INDArray in = memory.matrix(x);
    INDArray taps = memory.matrix(w);
    INDArray up = memory.matrix(dy);
    Tensor sum = to.dx() == null ? null : memory.begun(to.dx());
    ConvShape z = ConvShape.of(x, w, dilation);
    eachTap(
        z,
        (image, tap, shift, seen) -> {
          INDArray g = rows(up, image + shift, seen);
          if (sum != null) {
            rows(memory.matrix(sum), image, seen)
                .addi(Matrices.product(g, false, weights(taps, z, tap), false));
          }
          if (to.dw() != null) {
            weights(memory.matrix(to.dw()), z, tap)
                .addi(Matrices.product(g, true, rows(in, image, seen), false));
          }
        });
    if (to.db() != null) {
      memory.vector(to.db()).addi(up.sum(0));
    }
  }

  private interface Work {
    /// @param image the first row of the image
    /// @param seen how many rows from there the tap reads
    void run(int image, int tap, int shift, int seen);
  }

  private static void eachTap(ConvShape z, Work work) {
    for (int tap = 0; tap < z.width(); tap++) {
      int shift = (z.width() - 1 - tap) * z.dilation();
      if (shift < z.length()) {
        for (int image = 0; image < z.images(); image++) {
          work.run(image * z.length(), tap, shift, z.length() - shift);
        }
      }
    }
  }

  private static INDArray weights(INDArray w, ConvShape z, int tap) {
    return rows(w, tap * z.outputs(), z.outputs());
  }

  /// Without a copy.
  private static INDArray rows(INDArray m, int from, int count) {
    long[] shape = {count, m.columns()};
    long[] stride = {m.columns(), 1};
    return Nd4j.create(m.data(), shape, stride, m.offset() + (long) from * m.columns(), 'c');
  }
}
