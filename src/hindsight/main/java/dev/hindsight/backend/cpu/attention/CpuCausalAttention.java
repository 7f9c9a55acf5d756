package dev.hindsight.backend.cpu.attention;

import dev.hindsight.backend.CausalAttention;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.AttentionLoops;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Attention on the CPU: [CausalAttentionForward] and [CausalAttentionBackward] for training,
/// single rows here.
public final class CpuCausalAttention implements CausalAttention {
  private final Engine engine;
  private final CausalAttentionForward fused;
  private final CausalAttentionBackward fusedBackward;

  public CpuCausalAttention(Engine engine) {
    this.engine = engine;
    this.fused = new CausalAttentionForward(engine);
    this.fusedBackward = new CausalAttentionBackward(engine);
  }

  @Override
  public void triangularSoftmax(Tensor scores, float scale, Tensor p) {
    WarmUp.ATTENTION.before();
    Matrix in = engine.matrix(scores);
    Matrix out = engine.matrix(p);
    Stored stored = in.stored();
    int length = in.columns();
    engine.scratch().reserve(stored.room(length));
    engine.run(
        in.rows(),
        (row, worker) -> {
          long room = engine.own(worker);
          int live = row % length + 1;
          long from = stored.fetch(in.row(row), room, live);
          long floats = stored.floats(out.row(row), room);
          softmax(from, scale, floats, live);
          stored.store(floats, out.row(row), live);
        });
  }

  /// p = the softmax of scale·s; p may be s.
  private void softmax(long s, float scale, long p, int live) {
    float largest = AttentionLoops.largest(s, scale, live);
    if (largest == Float.NEGATIVE_INFINITY) {
      Loops.fill(0, p, live);
    } else {
      float sum = AttentionLoops.exponentials(s, scale, largest, p, live);
      AttentionLoops.multiply(1 / sum, p, live);
    }
  }

  @Override
  public void triangularSoftmaxBackward(Tensor p, float scale, Tensor dp, Tensor dscores) {
    WarmUp.ATTENTION.before();
    Matrix probabilities = engine.matrix(p);
    Matrix up = engine.matrix(dp);
    Matrix down = engine.matrix(dscores);
    Stored stored = up.stored();
    int length = up.columns();
    engine.scratch().reserve(length + stored.room(length));
    engine.run(
        up.rows(),
        (row, worker) -> {
          long slopes = engine.own(worker);
          long room = Native.at(slopes, length);
          int live = row % length + 1;
          long known = stored.fetch(probabilities.row(row), room, live);
          stored.widen(up.row(row), slopes, live);
          float dot = Loops.dot(known, slopes, live);
          AttentionLoops.softmaxSlope(known, slopes, dot, scale, live);
          stored.round(true, slopes, down.row(row), live, room);
        });
  }

  @Override
  public void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    WarmUp.ATTENTION.before();
    fused.forward(qkv, heads, y, lse);
  }

  @Override
  public void backward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv) {
    WarmUp.ATTENTION.before();
    fusedBackward.run(qkv, heads, y, lse, dy, delta, dqkv);
  }

  @Override
  public void attendStep(
      Tensor qkv, int heads, int position, Tensor keys, Tensor values, Tensor y) {
    WarmUp.ATTENTION.before();
    int length = keys.dim(1);
    int channels = keys.channels();
    int width = channels / heads;
    float scale = (float) (1 / Math.sqrt(width));
    Matrix in = engine.matrix(qkv);
    Matrix ks = engine.matrix(keys);
    Matrix vs = engine.matrix(values);
    Matrix out = engine.matrix(y);
    engine.scratch().reserve(length);
    engine.run(
        in.rows() * heads,
        (share, worker) -> {
          int image = share / heads;
          int head = share % heads * width;
          long k = ks.at(image * length, head);
          long v = vs.at(image * length, head);
          Native.copy(in.at(image, channels + head), Native.at(k, position, channels, 0), width);
          Native.copy(
              in.at(image, 2 * channels + head), Native.at(v, position, channels, 0), width);
          long p = engine.own(worker);
          AttentionLoops.dots(in.at(image, head), 0, k, channels, position + 1, width, p);
          softmax(p, scale, p, position + 1);
          AttentionLoops.weightedSum(p, position + 1, v, channels, width, out.at(image, head));
        });
  }
}
