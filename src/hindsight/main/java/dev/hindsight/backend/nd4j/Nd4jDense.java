package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Dense and masked linear layers as matrix products.
final class Nd4jDense {
  private final DataType type;
  private final Map<Degrees, INDArray> masks = new WeakHashMap<>();

  Nd4jDense(DataType type) {
    this.type = type;
  }

  static void forward(INDArray x, INDArray w, @Nullable INDArray b, Activation f, INDArray y) {
    INDArray sum = product(x, false, w, true);
    if (b != null) {
      sum.addiRowVector(b);
    }
    y.assign(Nd4jPointwise.activate(f, sum));
  }

  /// Over outputs `from .. to - 1`. Weights that do not exist are exactly zero, so the product
  /// needs no mask; the columns that nobody in the range sees are cut off.
  void maskedForward(
      INDArray x,
      INDArray w,
      INDArray b,
      Degrees degrees,
      Activation f,
      int from,
      int to,
      INDArray y) {
    int live = degrees.live(to - 1);
    INDArray sum = Nd4j.zeros(type, x.rows(), to - from);
    if (live > 0) {
      INDArray seen = block(x, 0, x.rows(), 0, live);
      INDArray mask = block(mask(degrees), from, to, 0, live);
      INDArray weights = block(w, from, to, 0, live).mul(mask);
      sum =
          Double.isFinite(seen.sumNumber().doubleValue())
              ? product(seen, false, weights, true)
              : spreadOnlyToLive(seen, weights, mask);
    }
    sum.addiRowVector(
        Nd4j.create(b.data(), new long[] {to - from}, new long[] {1}, b.offset() + from, 'c'));
    block(y, 0, y.rows(), from, to).assign(Nd4jPointwise.activate(f, sum));
  }

  /// Rows and columns of a row-major matrix, without a copy. (ND4J's `get` with intervals answers
  /// with an empty array for the first row and column alone.)
  static INDArray block(INDArray m, long fromRow, long toRow, long fromColumn, long toColumn) {
    long[] shape = {toRow - fromRow, toColumn - fromColumn};
    long offset = m.offset() + fromRow * m.stride(0) + fromColumn;
    return Nd4j.create(m.data(), shape, new long[] {m.stride(0), 1}, offset, 'c');
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
    INDArray sum = product(finite, false, w, true);
    INDArray reached = product(poison, false, mask, true);
    for (int n = 0; n < sum.rows(); n++) {
      for (int o = 0; o < sum.columns(); o++) {
        if (reached.getDouble(n, o) > 0) {
          sum.putScalar(n, o, Double.NaN);
        }
      }
    }
    return sum;
  }

  void backward(
      INDArray x,
      INDArray w,
      @Nullable Degrees degrees,
      Activation f,
      INDArray y,
      INDArray dy,
      @Nullable INDArray dx,
      @Nullable INDArray dw,
      @Nullable INDArray db) {
    if (f != Activation.IDENTITY) {
      dy.muli(Nd4jPointwise.derivativeFromOutput(f, y));
    }
    if (dx != null) {
      dx.addi(product(dy, false, degrees == null ? w : w.mul(mask(degrees)), false));
    }
    if (dw != null) {
      INDArray outer = product(dy, true, x, false);
      dw.addi(degrees == null ? outer : outer.muli(mask(degrees)));
    }
    if (db != null) {
      db.addi(dy.sum(0));
    }
  }

  private INDArray mask(Degrees degrees) {
    return masks.computeIfAbsent(
        degrees,
        d -> {
          INDArray mask = Nd4j.zeros(type, d.outputs(), d.inputs());
          for (int o = 0; o < d.outputs(); o++) {
            if (d.live(o) > 0) {
              block(mask, o, o + 1, 0, d.live(o)).assign(1);
            }
          }
          return mask;
        });
  }

  /// Column-major results, because that is what BLAS writes: a row-major one costs a copy.
  static INDArray product(INDArray a, boolean ta, INDArray b, boolean tb) {
    long rows = ta ? a.columns() : a.rows();
    long columns = tb ? b.rows() : b.columns();
    INDArray out = Nd4j.createUninitialized(a.dataType(), new long[] {rows, columns}, 'f');
    return Nd4j.gemm(a, b, out, ta, tb, 1, 0);
  }
}
