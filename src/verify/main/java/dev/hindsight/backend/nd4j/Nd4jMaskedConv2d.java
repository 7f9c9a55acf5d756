package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedConv2d;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// A masked convolution as one product per tap with the image moved by it, zeros moving in.
record Nd4jMaskedConv2d(Nd4jMemory memory) implements MaskedConv2d {
  @Override
  public void forward(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    Border images = around(x, taps);
    INDArray sum = Nd4j.zeros(images.padded.dataType(), y.rows(), y.channels());
    int[] live = taps.live();
    for (int n = 0; n < live.length; n++) {
      INDArray seen = images.movedBy(live[n]).dup('c').reshape(x.rows(), x.channels());
      sum.addi(seen.mmul(weight(w, n).transpose()));
    }
    if (b != null) {
      sum.addiRowVector(memory.vector(b));
    }
    memory.matrix(y).assign(sum);
  }

  @Override
  public void backward(Tensor x, Tensor w, Taps taps, Tensor dy, Gradients to) {
    INDArray error = memory.matrix(dy);
    Border images = around(x, taps);
    Border gradients = new Border(x, taps, error.dataType());
    int[] live = taps.live();
    for (int n = 0; n < live.length; n++) {
      if (to.dw() != null) {
        INDArray seen = images.movedBy(live[n]).dup('c').reshape(x.rows(), x.channels());
        weight(to.dw(), n).addi(error.transpose().mmul(seen));
      }
      if (to.dx() != null) {
        INDArray back = error.mmul(weight(w, n)).dup('c').reshape(gradients.shape());
        gradients.movedBy(live[n]).addi(back);
      }
    }
    if (to.dx() != null) {
      memory
          .matrix(memory.begun(to.dx()))
          .addi(gradients.inside().dup('c').reshape((long) x.rows(), x.channels()));
    }
    if (to.db() != null) {
      memory.vector(to.db()).addi(error.sum(0));
    }
  }

  private Border around(Tensor x, Taps taps) {
    INDArray values = memory.matrix(x);
    Border border = new Border(x, taps, values.dataType());
    border.inside().assign(values.reshape(border.shape()));
    return border;
  }

  /// Weight `n` (O,I) of (taps,O,I).
  private INDArray weight(Tensor w, int n) {
    return block(memory.vector(w), n, w.dim(1), w.dim(2));
  }

  private static INDArray block(INDArray all, int index, long rows, long columns) {
    long[] shape = {rows, columns};
    return Nd4j.create(
        all.data(), shape, new long[] {columns, 1}, all.offset() + index * rows * columns, 'c');
  }

  /// Images with zeros around them, as wide as the taps reach.
  private static final class Border {
    private final Taps taps;
    private final int width;
    private final long[] shape;
    private final INDArray padded;

    Border(Tensor x, Taps taps, DataType type) {
      this.taps = taps;
      this.width = taps.k() / 2;
      this.shape = new long[] {x.dim(0), x.dim(1), x.dim(2), x.dim(3)};
      this.padded =
          Nd4j.zeros(type, shape[0], shape[1] + 2L * width, shape[2] + 2L * width, shape[3]);
    }

    long[] shape() {
      return shape;
    }

    INDArray inside() {
      return moved(0, 0);
    }

    /// What each pixel sees through the tap.
    INDArray movedBy(int tap) {
      return moved(taps.down(tap), taps.right(tap));
    }

    private INDArray moved(int down, int right) {
      long[] stride = padded.stride();
      long offset = padded.offset() + (width + down) * stride[1] + (width + right) * stride[2];
      return Nd4j.create(padded.data(), shape, stride, offset, 'c');
    }
  }
}
