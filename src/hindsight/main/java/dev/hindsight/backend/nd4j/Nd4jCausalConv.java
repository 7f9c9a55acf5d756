package dev.hindsight.backend.nd4j;

import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Causal convolutions over sequences, one product for each image and tap: tap k reads the rows
/// that lie (K-1-k)·dilation before those it writes. x (B·T,I), w (K·O,I), y (B·T,O).
final class Nd4jCausalConv {

  record Sizes(int images, int length, int outputs, int width, int dilation) {
    static Sizes of(Tensor x, Tensor w, int dilation) {
      return new Sizes(x.dim(0), x.dim(1), w.dim(1), w.dim(0), dilation);
    }
  }

  void forward(INDArray x, INDArray w, @Nullable INDArray b, Sizes z, INDArray y) {
    y.assign(0);
    eachTap(
        z,
        (image, tap, shift, seen) ->
            rows(y, image + shift, seen)
                .addi(Nd4jDense.product(rows(x, image, seen), false, weights(w, z, tap), true)));
    if (b != null) {
      y.addiRowVector(b);
    }
  }

  void backward(
      INDArray x,
      INDArray w,
      Sizes z,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray dw,
      @Nullable INDArray db) {
    eachTap(
        z,
        (image, tap, shift, seen) -> {
          INDArray g = rows(dy, image + shift, seen);
          if (dx != null) {
            rows(dx, image, seen).addi(Nd4jDense.product(g, false, weights(w, z, tap), false));
          }
          if (dw != null) {
            weights(dw, z, tap).addi(Nd4jDense.product(g, true, rows(x, image, seen), false));
          }
        });
    if (db != null) {
      db.addi(dy.sum(0));
    }
  }

  private interface Work {
    /// @param image the first row of the image
    /// @param seen how many rows from there the tap reads
    void run(int image, int tap, int shift, int seen);
  }

  private static void eachTap(Sizes z, Work work) {
    for (int tap = 0; tap < z.width(); tap++) {
      int shift = (z.width() - 1 - tap) * z.dilation();
      if (shift < z.length()) {
        for (int image = 0; image < z.images(); image++) {
          work.run(image * z.length(), tap, shift, z.length() - shift);
        }
      }
    }
  }

  private static INDArray weights(INDArray w, Sizes z, int tap) {
    return rows(w, tap * z.outputs(), z.outputs());
  }

  /// Without a copy.
  private static INDArray rows(INDArray m, int from, int count) {
    long[] shape = {count, m.columns()};
    long[] stride = {m.columns(), 1};
    return Nd4j.create(m.data(), shape, stride, m.offset() + (long) from * m.columns(), 'c');
  }
}
