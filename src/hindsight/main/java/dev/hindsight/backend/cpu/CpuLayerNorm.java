package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.LayerNorm;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Row by row: a row is read from memory once and stays in the cache for all that is done to it.
final class CpuLayerNorm implements LayerNorm {
  /// Floats of a share, to be divided among whole rows.
  private static final int SHARE = 1 << 15;

  /// Gradients of gain and bias are summed per share, so few and long shares.
  private static final int MOST_SHARES = 64;

  private final Engine engine;
  private final LayerNormLoops loops;
  private final Loops sums;
  private final Workers workers;
  private final Scratch scratch;

  CpuLayerNorm(Engine engine) {
    this.engine = engine;
    this.sums = engine.loops();
    this.loops = sums.layerNorm();
    this.workers = engine.workers();
    this.scratch = engine.scratch();
  }

  @Override
  public void forward(
      Tensor x, Tensor gain, Tensor bias, boolean relu, Tensor y, Tensor mean, Tensor rstd) {
    WarmUp.LAYER_NORM.before(sums);
    Stored stored = engine.stored(x);
    int channels = x.channels();
    int n = x.rows();
    int rows = Math.max(1, SHARE / channels);
    scratch.reserve(stored.room(channels));
    long in = x.address();
    long g = gain.address();
    long b = bias.address();
    long out = y.address();
    long means = mean.address();
    long scales = rstd.address();
    if (n <= rows) {
      normalize(stored, scratch.of(0), 0, n, channels, in, g, b, relu, out, means, scales);
      return;
    }
    workers.run(
        Math.ceilDiv(n, rows),
        (share, worker) -> {
          int end = Math.min(n, (share + 1) * rows);
          long room = scratch.of(worker);
          int begin = share * rows;
          normalize(stored, room, begin, end, channels, in, g, b, relu, out, means, scales);
        });
  }

  private void normalize(
      Stored stored,
      long room,
      int begin,
      int end,
      int channels,
      long in,
      long g,
      long b,
      boolean relu,
      long out,
      long means,
      long scales) {
    for (int row = begin; row < end; row++) {
      long from = stored.fetch(stored.at(in, row, channels, 0), room, channels);
      float centre = loops.sum(from, channels) / channels;
      float variance = loops.squaredDistance(from, centre, channels) / channels;
      float scale = (float) (1 / Math.sqrt(variance + EPSILON));
      long to = stored.at(out, row, channels, 0);
      long y = stored.floats(to, room);
      loops.normalize(from, centre, scale, g, b, y, channels);
      if (relu) {
        sums.activate(Activation.RELU, y, y, channels);
      }
      stored.store(y, to, channels);
      Raw.put(Raw.at(means, row), centre);
      Raw.put(Raw.at(scales, row), scale);
    }
  }

  @Override
  public void backward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      @Nullable Tensor y,
      Tensor dy,
      @Nullable Gradient dx,
      @Nullable Tensor dgain,
      @Nullable Tensor dbias) {
    WarmUp.LAYER_NORM.before(sums);
    int channels = x.channels();
    int n = x.rows();
    int rows = Math.max(Math.max(1, SHARE / channels), Math.ceilDiv(n, MOST_SHARES));
    int shares = Math.ceilDiv(n, rows);
    Stored stored = engine.stored(x);
    scratch.reserve(stored.room(3L * channels) + (y == null ? 0 : channels));
    engine.shared().reserve(2L * shares * channels);
    long partial = engine.shared().of(0); // (shares, 2, C)
    sums.fill(0, partial, 2L * shares * channels);
    Rows all =
        new Rows(
            stored,
            x.address(),
            gain.address(),
            mean.address(),
            rstd.address(),
            y == null ? 0 : y.address(),
            dy.address(),
            Engine.orZero(dx),
            Engine.adds(dx),
            channels);
    boolean gains = dgain != null || dbias != null;
    workers.run(
        shares,
        (share, worker) -> {
          long own = Raw.at(partial, share, 2 * channels, 0);
          int end = Math.min(n, (share + 1) * rows);
          for (int row = share * rows; row < end; row++) {
            backward(all, row, scratch.of(worker), gains ? own : 0);
          }
        });
    for (int share = 0; share < shares; share++) {
      long own = Raw.at(partial, share, 2 * channels, 0);
      if (dgain != null) {
        sums.add(dgain.address(), own, dgain.address(), channels);
      }
      if (dbias != null) {
        sums.add(dbias.address(), Raw.at(own, channels), dbias.address(), channels);
      }
    }
  }

  /// @param y 0 where there is no ReLU
  /// @param add false when dx is zero, whatever is there
  private record Rows(
      Stored stored,
      long x,
      long gain,
      long mean,
      long rstd,
      long y,
      long dy,
      long dx,
      boolean add,
      int channels) {}

  /// @param gains where to add the gradients of gain and bias; 0 when they are not wanted
  private void backward(Rows r, int row, long room, long gains) {
    Stored stored = r.stored;
    int channels = r.channels;
    long from = stored.fetch(stored.at(r.x, row, channels, 0), room, channels);
    long next = Raw.at(room, channels);
    long last = Raw.at(next, channels);
    long up = stored.fetch(stored.at(r.dy, row, channels, 0), next, channels);
    if (r.y != 0) {
      long y = stored.fetch(stored.at(r.y, row, channels, 0), last, channels);
      long beforeRelu = Raw.at(room, stored.room(3L * channels));
      Raw.copy(up, beforeRelu, channels);
      sums.scaleBySlope(Activation.RELU, y, beforeRelu, channels);
      up = beforeRelu;
    }
    float centre = Raw.get(Raw.at(r.mean, row));
    float scale = Raw.get(Raw.at(r.rstd, row));
    if (gains != 0) {
      loops.addGains(from, centre, scale, up, gains, Raw.at(gains, channels), channels);
    }
    if (r.dx != 0) {
      float shift = scale * sums.dot(r.gain, up, channels) / channels;
      float along = loops.slopeAlong(from, centre, r.gain, up, channels) / channels;
      float stretch = scale * scale * scale * along;
      long to = stored.at(r.dx, row, channels, 0);
      long down = stored.floats(to, last);
      if (r.add) {
        stored.fetch(to, last, channels);
      } else {
        sums.fill(0, down, channels);
      }
      loops.backward(from, centre, scale, r.gain, up, shift, stretch, down, channels);
      stored.store(down, to, channels);
    }
  }
}
