package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.MaskedLinear;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Map;
import java.util.WeakHashMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Masked linear layers as matrix products with a mask.
final class Nd4jMaskedLinear implements MaskedLinear {
  private final Nd4jMemory memory;
  private final DataType type;
  private final Map<Degrees, INDArray> masks = new WeakHashMap<>();

  Nd4jMaskedLinear(Nd4jMemory memory) {
    this.memory = memory;
    this.type = memory.type();
  }

  /// Weights that do not exist are exactly zero, so the product needs no mask; the columns that
  /// nobody in the range sees are cut off.
  @Override
  public void forward(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    int live = degrees.live(to - 1);
    INDArray sum = Nd4j.zeros(type, x.rows(), to - from);
    if (live > 0) {
      INDArray seen = Matrices.block(memory.matrix(x), 0, x.rows(), 0, live);
      INDArray mask = Matrices.block(mask(degrees), from, to, 0, live);
      INDArray weights = Matrices.block(memory.matrix(w), from, to, 0, live).mul(mask);
      sum =
          Double.isFinite(seen.sumNumber().doubleValue())
              ? Matrices.product(seen, false, weights, true)
              : spreadOnlyToLive(seen, weights, mask);
    }
    sum.addiRowVector(memory.vector(b.part(from, Shape.of(to - from))));
    Matrices.block(memory.matrix(y), 0, y.rows(), from, to).assign(Activations.activate(f, sum));
  }

  /// 0·NaN is NaN, so in a plain product a value that is not finite would reach outputs that must
  /// not see it. Take such values out, and put them back where a weight exists.
  private static INDArray spreadOnlyToLive(INDArray x, INDArray w, INDArray mask) {
    INDArray finite = x.dup();
    INDArray poison = x.dup();
    for (int n = 0; n < x.rows(); n++) {
      for (int i = 0; i < x.columns(); i++) {
        boolean isFinite = Double.isFinite(x.getDouble(n, i));
        poison.putScalar(n, i, isFinite ? 0 : 1);
        if (!isFinite) {
          finite.putScalar(n, i, 0);
        }
      }
    }
    INDArray sum = Matrices.product(finite, false, w, true);
    INDArray reached = Matrices.product(poison, false, mask, true);
    for (int n = 0; n < sum.rows(); n++) {
      for (int o = 0; o < sum.columns(); o++) {
        if (reached.getDouble(n, o) > 0) {
          sum.putScalar(n, o, Double.NaN);
        }
      }
    }
    return sum;
  }

  @Override
  public void backward(
      Tensor x, Tensor w, Degrees degrees, Activation f, Tensor y, Tensor dy, Gradients to) {
    INDArray slope = memory.matrix(dy);
    if (f != Activation.IDENTITY) {
      slope.muli(Activations.derivativeFromOutput(f, memory.matrix(y)));
    }
    if (to.dx() != null) {
      INDArray weights = memory.matrix(w).mul(mask(degrees));
      memory.matrix(memory.begun(to.dx())).addi(Matrices.product(slope, false, weights, false));
    }
    if (to.dw() != null) {
      INDArray outer = Matrices.product(slope, true, memory.matrix(x), false);
      memory.matrix(to.dw()).addi(outer.muli(mask(degrees)));
    }
    if (to.db() != null) {
      memory.vector(to.db()).addi(slope.sum(0));
    }
  }

  private INDArray mask(Degrees degrees) {
    return masks.computeIfAbsent(
        degrees,
        d -> {
          INDArray mask = Nd4j.zeros(type, d.outputs(), d.inputs());
          for (int o = 0; o < d.outputs(); o++) {
            if (d.live(o) > 0) {
              Matrices.block(mask, o, o + 1, 0, d.live(o)).assign(1);
            }
          }
          return mask;
        });
  }
}
