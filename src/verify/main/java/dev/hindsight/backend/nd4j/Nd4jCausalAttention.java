package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.CausalAttention;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Attention as in the papers, one head at a time, with all of its (T,T) probabilities. Softmax is
/// computed in double; a product has nothing of places above the diagonal, whatever they hold.
final class Nd4jCausalAttention implements CausalAttention {
  private final Nd4jMemory memory;

  Nd4jCausalAttention(Nd4jMemory memory) {
    this.memory = memory;
  }

  @Override
  public void triangularSoftmax(Tensor scores, float scale, Tensor p) {
    int length = scores.channels();
    double[] s = values(scores);
    double[] out = values(p);
    for (int row = 0; row < scores.rows(); row++) {
      int from = row * length;
      int to = from + row % length + 1;
      for (int j = from; j < to; j++) {
        out[j] = s[j] * scale;
      }
      softmax(out, from, to);
    }
    write(p, out);
  }

  @Override
  public void triangularSoftmaxBackward(Tensor p, float scale, Tensor dp, Tensor dscores) {
    int length = p.channels();
    double[] probability = values(p);
    double[] up = values(dp);
    double[] down = values(dscores);
    for (int row = 0; row < p.rows(); row++) {
      int from = row * length;
      int to = from + row % length + 1;
      double dot = 0;
      for (int j = from; j < to; j++) {
        dot += probability[j] * up[j];
      }
      for (int j = from; j < to; j++) {
        down[j] += scale * probability[j] * (up[j] - dot);
      }
    }
    write(dscores, down);
  }

  private double[] values(Tensor t) {
    return rowMajor(memory.vector(t));
  }

  private void write(Tensor t, double[] values) {
    INDArray to = memory.vector(t);
    to.assign(Nd4j.createFromArray(values).castTo(to.dataType()));
  }

  @Override
  public void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    Heads of = new Heads(qkv, heads);
    INDArray sums = memory.matrix(lse); // (B·H,T)
    for (int b = 0; b < of.images; b++) {
      for (int h = 0; h < heads; h++) {
        double[] logSums = new double[of.length];
        INDArray p = probabilities(of, b, h, logSums);
        of.result(y, b, h).assign(product(p, of.part(qkv, b, h, 2), false));
        for (int i = 0; i < of.length; i++) {
          sums.putScalar(b * heads + h, i, logSums[i]);
        }
      }
    }
  }

  @Override
  public void backward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv) {
    Heads of = new Heads(qkv, heads);
    Tensor down = memory.begun(dqkv);
    INDArray deltas = memory.matrix(delta);
    for (int b = 0; b < of.images; b++) {
      for (int h = 0; h < heads; h++) {
        INDArray q = of.part(qkv, b, h, 0);
        INDArray k = of.part(qkv, b, h, 1);
        INDArray v = of.part(qkv, b, h, 2);
        INDArray up = of.result(dy, b, h);
        INDArray sum = of.result(y, b, h).mul(up).sum(1);
        for (int i = 0; i < of.length; i++) {
          deltas.putScalar(b * heads + h, i, sum.getDouble(i));
        }
        INDArray p = probabilities(of, b, h, new double[of.length]);
        INDArray ds = lower(Nd4j.gemm(up, v, false, true).subiColumnVector(sum.reshape(-1, 1)));
        ds.muli(p).muli(of.scale);
        of.part(down, b, h, 0).addi(product(ds, k, false));
        of.part(down, b, h, 1).addi(product(ds, q, true));
        of.part(down, b, h, 2).addi(product(p, up, true));
      }
    }
  }

  @Override
  public void attendStep(
      Tensor qkv, int heads, int position, Tensor keys, Tensor values, Tensor y) {
    INDArray in = memory.matrix(qkv);
    int length = keys.dim(1);
    int channels = keys.channels();
    int width = channels / heads;
    for (int b = 0; b < qkv.rows(); b++) {
      long row = (long) b * length * channels;
      INDArray k = memory.view(keys, row, position + 1, channels, channels);
      INDArray v = memory.view(values, row, position + 1, channels, channels);
      for (int c = 0; c < channels; c++) {
        k.putScalar(position, c, in.getDouble(b, channels + c));
        v.putScalar(position, c, in.getDouble(b, 2 * channels + c));
      }
      for (int h = 0; h < heads; h++) {
        long head = row + (long) h * width;
        INDArray query = memory.view(qkv, b * 3L * channels + (long) h * width, 1, width, width);
        INDArray ks = memory.view(keys, head, position + 1, width, channels);
        INDArray vs = memory.view(values, head, position + 1, width, channels);
        double[] p = Nd4j.gemm(query, ks, false, true).divi(Math.sqrt(width)).data().asDouble();
        softmax(p, 0, p.length);
        INDArray row1 = Nd4j.createFromArray(p).reshape(1, p.length).castTo(in.dataType());
        memory
            .view(y, (long) b * channels + (long) h * width, 1, width, width)
            .assign(Nd4j.gemm(row1, vs, false, false));
      }
    }
  }

  /// Where the heads of (B,T,3C) and (B,T,C) lie.
  private final class Heads {
    final int images;
    final int length;
    final int channels;
    final int width;
    final double scale;
    final Tensor qkv;

    Heads(Tensor qkv, int heads) {
      this.qkv = qkv;
      images = qkv.dim(0);
      length = qkv.dim(1);
      channels = qkv.channels() / 3;
      width = channels / heads;
      scale = 1 / Math.sqrt(width);
    }

    /// (T,D) of q, k or v, or of their gradients.
    INDArray part(Tensor t, int b, int h, int which) {
      long offset = (long) b * length * 3 * channels + (long) which * channels + (long) h * width;
      return memory.view(t, offset, length, width, 3L * channels);
    }

    INDArray result(Tensor t, int b, int h) {
      long offset = (long) b * length * channels + (long) h * width;
      return memory.view(t, offset, length, width, channels);
    }
  }

  /// (T,T), zero above the diagonal.
  private static INDArray probabilities(Heads of, int b, int h, double[] logSums) {
    INDArray q = of.part(of.qkv, b, h, 0);
    INDArray k = of.part(of.qkv, b, h, 1);
    int length = of.length;
    double[] p = rowMajor(Nd4j.gemm(q, k, false, true).muli(of.scale));
    for (int i = 0; i < length; i++) {
      logSums[i] = softmax(p, i * length, i * length + i + 1);
      for (int j = i + 1; j < length; j++) {
        p[i * length + j] = 0;
      }
    }
    return Nd4j.createFromArray(p).reshape(length, length).castTo(q.dataType());
  }

  private static double[] rowMajor(INDArray m) {
    return m.dup('c').data().asDouble();
  }

  /// Elements `from .. to - 1` to exp(s) / Σ exp(s).
  ///
  /// @return log Σ exp(s)
  private static double softmax(double[] s, int from, int to) {
    double highest = Double.NEGATIVE_INFINITY;
    for (int j = from; j < to; j++) {
      highest = Math.max(highest, s[j]);
    }
    double base = highest == Double.NEGATIVE_INFINITY ? 0 : highest;
    double sum = 0;
    for (int j = from; j < to; j++) {
      s[j] = Math.exp(s[j] - base);
      sum += s[j];
    }
    for (int j = from; j < to; j++) {
      s[j] = sum == 0 ? 0 : s[j] / sum;
    }
    return base + Math.log(sum);
  }

  /// A copy with zeros above the diagonal.
  private static INDArray lower(INDArray m) {
    int length = m.rows();
    double[] values = rowMajor(m);
    for (int i = 0; i < length; i++) {
      for (int j = i + 1; j < length; j++) {
        values[i * length + j] = 0;
      }
    }
    return Nd4j.createFromArray(values).reshape(length, length).castTo(m.dataType());
  }

  /// p·v, or the transposed p times v, where p is zero above the diagonal. 0·NaN is NaN, so what is
  /// not finite is left out of the product and added where it is seen: row j of v by the rows from
  /// j on, or by those up to j.
  private static INDArray product(INDArray p, INDArray v, boolean transposed) {
    if (isFinite(p) && isFinite(v)) {
      return Nd4j.gemm(p, v, transposed, false);
    }
    INDArray y = Nd4j.gemm(finitePart(p), finitePart(v), transposed, false);
    for (int i = 0; i < p.rows(); i++) {
      for (int j = 0; j <= i; j++) {
        double left = p.getDouble(i, j);
        int from = transposed ? i : j;
        int to = transposed ? j : i;
        for (int d = 0; d < v.columns(); d++) {
          double right = v.getDouble(from, d);
          if (!Double.isFinite(left) || !Double.isFinite(right)) {
            y.putScalar(to, d, y.getDouble(to, d) + left * right);
          }
        }
      }
    }
    return y;
  }

  /// False too where the sum overflows, which costs time only.
  private static boolean isFinite(INDArray m) {
    return Double.isFinite(m.sumNumber().doubleValue());
  }

  private static INDArray finitePart(INDArray m) {
    double[] values = rowMajor(m);
    for (int k = 0; k < values.length; k++) {
      values[k] = Double.isFinite(values[k]) ? values[k] : 0;
    }
    return Nd4j.createFromArray(values).reshape(m.rows(), m.columns()).castTo(m.dataType());
  }
}
