package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.CausalAttention;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;

/// Attention as in the papers, number after number in double: each position looks at those up to
/// itself, and at no others, whatever they hold.
record Nd4jCausalAttention(Nd4jMemory memory) implements CausalAttention {
  @Override
  public void triangularSoftmax(Tensor scores, float scale, Tensor p) {
    int length = scores.channels();
    double[] s = memory.doubles(scores);
    double[] out = memory.doubles(p);
    for (int row = 0; row < scores.rows(); row++) {
      double[] seen = Arrays.copyOfRange(s, row * length, row * length + row % length + 1);
      Arrays.setAll(seen, j -> seen[j] * scale);
      softmax(seen);
      System.arraycopy(seen, 0, out, row * length, seen.length);
    }
    memory.write(p, out);
  }

  @Override
  public void triangularSoftmaxBackward(Tensor p, float scale, Tensor dp, Tensor dscores) {
    int length = p.channels();
    double[] probability = memory.doubles(p);
    double[] up = memory.doubles(dp);
    double[] down = memory.doubles(dscores);
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
    memory.write(dscores, down);
  }

  @Override
  public void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    Heads z = Heads.of(qkv, heads);
    double[] x = memory.doubles(qkv);
    double[] out = new double[Math.toIntExact(y.size())];
    double[] sums = new double[Math.toIntExact(lse.size())];
    z.eachQuery(
        (b, h, i) -> {
          double[] p = scores(z, x, b, h, i);
          sums[z.row(b, h, i)] = softmax(p);
          for (int j = 0; j <= i; j++) {
            add(p[j], x, z.part(b, h, j, 2), out, z.result(b, h, i), z.width);
          }
        });
    memory.write(y, out);
    memory.write(lse, sums);
  }

  @Override
  public void backward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv) {
    Heads z = Heads.of(qkv, heads);
    Tensor sum = memory.begun(dqkv);
    double[] x = memory.doubles(qkv);
    double[] out = memory.doubles(y);
    double[] up = memory.doubles(dy);
    double[] down = memory.doubles(sum);
    double[] deltas = new double[Math.toIntExact(delta.size())];
    z.eachQuery(
        (b, h, i) -> {
          int result = z.result(b, h, i);
          int q = z.part(b, h, i, 0);
          double[] p = scores(z, x, b, h, i);
          softmax(p);
          double dot = dot(out, result, up, result, z.width);
          deltas[z.row(b, h, i)] = dot;
          for (int j = 0; j <= i; j++) {
            int k = z.part(b, h, j, 1);
            int v = z.part(b, h, j, 2);
            double ds = p[j] * (dot(up, result, x, v, z.width) - dot) / Math.sqrt(z.width);
            add(ds, x, k, down, q, z.width);
            add(ds, x, q, down, k, z.width);
            add(p[j], up, result, down, v, z.width);
          }
        });
    memory.write(sum, down);
    memory.write(delta, deltas);
  }

  @Override
  public void attendStep(
      Tensor qkv, int heads, int position, Tensor keys, Tensor values, Tensor y) {
    int channels = keys.channels();
    int width = channels / heads;
    double[] q = memory.doubles(qkv);
    double[] out = new double[Math.toIntExact(y.size())];
    for (int b = 0; b < qkv.rows(); b++) {
      long image = (long) b * keys.dim(1) * channels;
      double[] k = cached(keys, image, position, qkv, (3L * b + 1) * channels);
      double[] v = cached(values, image, position, qkv, (3L * b + 2) * channels);
      for (int from = 0; from < channels; from += width) {
        double[] p = new double[position + 1];
        for (int j = 0; j <= position; j++) {
          p[j] = score(q, 3 * b * channels + from, k, j * channels + from, width);
        }
        softmax(p);
        for (int j = 0; j <= position; j++) {
          add(p[j], v, j * channels + from, out, b * channels + from, width);
        }
      }
    }
    memory.write(y, out);
  }

  /// The rows of an image in a cache up to a position, whose own row comes from elsewhere first.
  private double[] cached(Tensor cache, long image, int position, Tensor from, long row) {
    int channels = cache.channels();
    long last = image + (long) position * channels;
    memory
        .view(cache, last, 1, channels, channels)
        .assign(memory.view(from, row, 1, channels, channels));
    return memory.view(cache, image, position + 1, channels, channels).dup('c').data().asDouble();
  }

  /// Where the heads of (B,T,3C), (B,T,C) and (B,H,T) lie.
  private record Heads(int images, int length, int heads, int width) {
    static Heads of(Tensor qkv, int heads) {
      return new Heads(qkv.dim(0), qkv.dim(1), heads, qkv.channels() / 3 / heads);
    }

    interface Query {
      void at(int b, int h, int i);
    }

    void eachQuery(Query query) {
      for (int b = 0; b < images; b++) {
        for (int h = 0; h < heads; h++) {
          for (int i = 0; i < length; i++) {
            query.at(b, h, i);
          }
        }
      }
    }

    int row(int b, int h, int i) {
      return (b * heads + h) * length + i;
    }

    int result(int b, int h, int i) {
      return ((b * length + i) * heads + h) * width;
    }

    /// @param which 0 of q, 1 of k, 2 of v
    int part(int b, int h, int i, int which) {
      return (((b * length + i) * 3 + which) * heads + h) * width;
    }
  }

  /// Of a query with the keys up to its own.
  private double[] scores(Heads z, double[] x, int b, int h, int i) {
    double[] scores = new double[i + 1];
    Arrays.setAll(scores, j -> score(x, z.part(b, h, i, 0), x, z.part(b, h, j, 1), z.width));
    return scores;
  }

  /// What no float can hold is infinite in one.
  private double score(double[] q, int query, double[] k, int key, int width) {
    double sum = dot(q, query, k, key, width);
    return (memory.type() == DataType.FLOAT ? (float) sum : sum) / Math.sqrt(width);
  }

  private static double dot(double[] x, int from, double[] y, int at, int width) {
    double sum = 0;
    for (int d = 0; d < width; d++) {
      sum += x[from + d] * y[at + d];
    }
    return sum;
  }

  /// to += factor · x
  private static void add(double factor, double[] x, int from, double[] to, int at, int width) {
    for (int d = 0; d < width; d++) {
      to[at + d] += factor * x[from + d];
    }
  }

  /// exp(s) / Σ exp(s); zeros where all of s are -∞.
  ///
  /// @return log Σ exp(s)
  private static double softmax(double[] s) {
    double highest = Arrays.stream(s).max().orElseThrow();
    double base = highest == Double.NEGATIVE_INFINITY ? 0 : highest;
    double sum = 0;
    for (int j = 0; j < s.length; j++) {
      s[j] = Math.exp(s[j] - base);
      sum += s[j];
    }
    for (int j = 0; j < s.length; j++) {
      s[j] = sum == 0 ? 0 : s[j] / sum;
    }
    return base + Math.log(sum);
  }
}
