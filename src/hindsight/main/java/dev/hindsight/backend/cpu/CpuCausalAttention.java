package dev.hindsight.backend.cpu;

import dev.hindsight.backend.CausalAttention;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;

/// Attention on the CPU: [CausalAttentionForward] and [CausalAttentionBackward] for training,
/// single rows here.
final class CpuCausalAttention implements CausalAttention {
  private final Engine engine;
  private final Loops loops;
  private final AttentionLoops rows;
  private final CausalAttentionForward fused;
  private final CausalAttentionBackward fusedBackward;

  CpuCausalAttention(Engine engine) {
    this.engine = engine;
    this.loops = engine.loops();
    this.rows = loops.attention();
    this.fused = new CausalAttentionForward(engine);
    this.fusedBackward = new CausalAttentionBackward(engine);
  }

  @Override
  public void triangularSoftmax(Tensor scores, float scale, Tensor p) {
    WarmUp.ATTENTION.before(loops);
    Stored stored = engine.stored(scores);
    int length = scores.channels();
    long in = scores.address();
    long out = p.address();
    engine.scratch().reserve(stored.room(length));
    engine
        .workers()
        .run(
            scores.rows(),
            (row, worker) -> {
              long room = engine.scratch().of(worker);
              int live = row % length + 1;
              long from = stored.fetch(stored.at(in, row, length, 0), room, live);
              long to = stored.at(out, row, length, 0);
              long floats = stored.floats(to, room);
              softmax(from, scale, floats, live);
              stored.store(floats, to, live);
            });
  }

  /// p = the softmax of scale·s; p may be s.
  private void softmax(long s, float scale, long p, int live) {
    float largest = rows.largest(s, scale, live);
    if (largest == Float.NEGATIVE_INFINITY) {
      loops.fill(0, p, live);
    } else {
      float sum = rows.exponentials(s, scale, largest, p, live);
      rows.multiply(1 / sum, p, live);
    }
  }

  @Override
  public void triangularSoftmaxBackward(Tensor p, float scale, Tensor dp, Tensor dscores) {
    WarmUp.ATTENTION.before(loops);
    int length = p.channels();
    long probabilities = p.address();
    long up = dp.address();
    long down = dscores.address();
    Stored stored = engine.stored(p);
    engine.scratch().reserve(length + stored.room(length));
    engine
        .workers()
        .run(
            p.rows(),
            (row, worker) -> {
              long o = stored.at(0, row, length, 0);
              long slopes = engine.scratch().of(worker);
              long room = Raw.at(slopes, length);
              int live = row % length + 1;
              long known = stored.fetch(probabilities + o, room, live);
              stored.widen(up + o, slopes, live);
              float dot = loops.dot(known, slopes, live);
              rows.softmaxSlope(known, slopes, dot, scale, live);
              stored.round(true, slopes, down + o, live, room);
            });
  }

  @Override
  public void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    WarmUp.ATTENTION.before(loops);
    fused.forward(qkv, heads, y, lse);
  }

  @Override
  public void backward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv) {
    WarmUp.ATTENTION.before(loops);
    fusedBackward.run(qkv, heads, y, lse, dy, delta, dqkv);
  }

  @Override
  public void attendStep(
      Tensor qkv, int heads, int position, Tensor keys, Tensor values, Tensor y) {
    WarmUp.ATTENTION.before(loops);
    int length = keys.dim(1);
    int channels = keys.channels();
    int width = channels / heads;
    float scale = (float) (1 / Math.sqrt(width));
    long in = qkv.address();
    long ks = keys.address();
    long vs = values.address();
    long out = y.address();
    engine.scratch().reserve(length);
    engine
        .workers()
        .run(
            qkv.rows() * heads,
            (share, worker) -> {
              int image = share / heads;
              long head = (long) (share % heads) * width;
              long q = Raw.at(in, (long) image * 3 * channels + head);
              long k = Raw.at(ks, (long) image * length * channels + head);
              long v = Raw.at(vs, (long) image * length * channels + head);
              Raw.copy(Raw.at(q, channels), Raw.at(k, position, channels, 0), width);
              Raw.copy(Raw.at(q, 2L * channels), Raw.at(v, position, channels, 0), width);
              long p = engine.scratch().of(worker);
              rows.dots(q, 0, k, channels, position + 1, width, p);
              softmax(p, scale, p, position + 1);
              long result = Raw.at(out, (long) image * channels + head);
              rows.weightedSum(p, position + 1, v, channels, width, result);
            });
  }
}
