package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Attention;
import dev.hindsight.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Attention as in the papers, one head at a time, with all of its (T,T) probabilities. Softmax is
/// computed in double; a product skips places above the diagonal where a value there is not finite.
final class Nd4jAttention implements Attention {
  private final Nd4jMemory memory;

  Nd4jAttention(Nd4jMemory memory) {
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
  public void causalAttention(Tensor qkv, int heads, Tensor y, Tensor lse) {
    Heads of = new Heads(qkv, heads);
    INDArray sums = memory.matrix(lse); // (B·H,T)
    for (int b = 0; b < of.images; b++) {
      for (int h = 0; h < heads; h++) {
        double[] logSums = new double[of.length];
        INDArray p = probabilities(of, b, h, logSums);
        of.result(y, b, h).assign(lowerProduct(p, of.part(qkv, b, h, 2)));
        for (int i = 0; i < of.length; i++) {
          sums.putScalar(b * heads + h, i, logSums[i]);
        }
      }
    }
  }

  @Override
  public void causalAttentionBackward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Tensor dqkv) {
    Heads of = new Heads(qkv, heads);
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
        of.part(dqkv, b, h, 0).addi(Nd4j.gemm(ds, k, false, false));
        of.part(dqkv, b, h, 1).addi(Nd4j.gemm(ds, q, true, false));
        of.part(dqkv, b, h, 2).addi(Nd4j.gemm(p, up, true, false));
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

  /// p·v where p is zero above the diagonal; 0·NaN is NaN, so values that are not finite are added
  /// where they are seen.
  private static INDArray lowerProduct(INDArray p, INDArray v) {
    if (Double.isFinite(v.sumNumber().doubleValue())) {
      return Nd4j.gemm(p, v, false, false);
    }
    INDArray finite = v.dup();
    for (int j = 0; j < v.rows(); j++) {
      for (int d = 0; d < v.columns(); d++) {
        if (!Double.isFinite(v.getDouble(j, d))) {
          finite.putScalar(j, d, 0);
        }
      }
    }
    INDArray y = Nd4j.gemm(p, finite, false, false);
    for (int j = 0; j < v.rows(); j++) {
      for (int d = 0; d < v.columns(); d++) {
        double value = v.getDouble(j, d);
        for (int i = j; i < v.rows() && !Double.isFinite(value); i++) {
          y.putScalar(i, d, y.getDouble(i, d) + p.getDouble(i, j) * value);
        }
      }
    }
    return y;
  }
}
