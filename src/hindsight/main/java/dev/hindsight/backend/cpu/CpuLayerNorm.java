package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.LayerNorm;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Some rows at a time: they are read from memory once and stay in the cache for all that is done
/// to them.
final class CpuLayerNorm implements LayerNorm {
  /// Floats of a block of rows, of which backward has five in the first-level cache.
  private static final int BLOCK = 1 << 11;

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

  private static int rowsOfBlock(int channels) {
    return Math.max(1, BLOCK / channels);
  }

  /// @param y the ReLU where `relu` says so
  private record Forward(
      Stored stored,
      int channels,
      long x,
      long gain,
      long bias,
      boolean relu,
      long y,
      long mean,
      long rstd) {}

  @Override
  public void forward(
      Tensor x, Tensor gain, Tensor bias, boolean relu, Tensor y, Tensor mean, Tensor rstd) {
    WarmUp.LAYER_NORM.before(sums);
    Stored stored = engine.stored(x);
    int channels = x.channels();
    Forward all =
        new Forward(
            stored,
            channels,
            x.address(),
            gain.address(),
            bias.address(),
            relu,
            y.address(),
            mean.address(),
            rstd.address());
    int n = x.rows();
    int rows = Math.max(1, SHARE / channels);
    scratch.reserve(stored.room((long) rowsOfBlock(channels) * channels));
    if (n <= rows) {
      normalize(all, 0, n, scratch.of(0));
      return;
    }
    workers.run(
        Math.ceilDiv(n, rows),
        (share, worker) ->
            normalize(all, share * rows, Math.min(n, (share + 1) * rows), scratch.of(worker)));
  }

  private void normalize(Forward z, int begin, int end, long room) {
    Stored stored = z.stored;
    int channels = z.channels;
    int most = rowsOfBlock(channels);
    for (int row = begin; row < end; row += most) {
      int rows = Math.min(most, end - row);
      long count = (long) rows * channels;
      long from = stored.fetch(stored.at(z.x, row, channels, 0), room, count);
      long mean = Raw.at(z.mean, row);
      long rstd = Raw.at(z.rstd, row);
      loops.means(from, rows, channels, mean);
      loops.scales(from, rows, channels, mean, rstd);
      long to = stored.at(z.y, row, channels, 0);
      long y = stored.floats(to, room);
      loops.normalize(from, rows, channels, mean, rstd, z.gain, z.bias, y);
      if (z.relu) {
        sums.activate(Activation.RELU, y, y, count);
      }
      stored.store(y, to, count);
    }
  }

  /// @param y 0 where there is no ReLU
  /// @param dx 0 when it is not wanted
  /// @param add false when dx is zero, whatever is there
  /// @param gains whether gradients of gain and bias are wanted
  private record Backward(
      Stored stored,
      int channels,
      long x,
      long gain,
      long mean,
      long rstd,
      long y,
      long dy,
      long dx,
      boolean add,
      boolean gains) {

    /// Floats that a thread needs: blocks of x, dy and y or dx where they are bf16, one of dy
    /// before the ReLU, and two numbers for each row.
    long room() {
      return stored.room(3 * block()) + block() + 2L * rowsOfBlock(channels);
    }

    long block() {
      return (long) rowsOfBlock(channels) * channels;
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
      Gradients to) {
    WarmUp.LAYER_NORM.before(sums);
    int channels = x.channels();
    int n = x.rows();
    int rows = Math.max(Math.max(1, SHARE / channels), Math.ceilDiv(n, MOST_SHARES));
    int shares = Math.ceilDiv(n, rows);
    Backward all =
        new Backward(
            engine.stored(x),
            channels,
            x.address(),
            gain.address(),
            mean.address(),
            rstd.address(),
            y == null ? 0 : y.address(),
            dy.address(),
            Engine.orZero(to.dx()),
            Engine.adds(to.dx()),
            to.dw() != null || to.db() != null);
    scratch.reserve(all.room());
    engine.shared().reserve(2L * shares * channels);
    long partial = engine.shared().of(0); // (shares, 2, C)
    sums.fill(0, partial, 2L * shares * channels);
    workers.run(
        shares,
        (share, worker) ->
            backward(
                all,
                share * rows,
                Math.min(n, (share + 1) * rows),
                Raw.at(partial, share, 2 * channels, 0),
                scratch.of(worker)));
    for (int share = 0; share < shares; share++) {
      long own = Raw.at(partial, share, 2 * channels, 0);
      if (to.dw() != null) {
        sums.add(to.dw().address(), own, to.dw().address(), channels);
      }
      if (to.db() != null) {
        sums.add(to.db().address(), Raw.at(own, channels), to.db().address(), channels);
      }
    }
  }

  /// @param gains where to add the gradients of gain and bias
  private void backward(Backward z, int begin, int end, long gains, long room) {
    Stored stored = z.stored;
    int channels = z.channels;
    long next = Raw.at(room, stored.room(z.block()));
    long last = Raw.at(room, stored.room(2 * z.block()));
    long beforeRelu = Raw.at(room, stored.room(3 * z.block()));
    long shift = Raw.at(beforeRelu, z.block());
    int most = rowsOfBlock(channels);
    long stretch = Raw.at(shift, most);
    for (int row = begin; row < end; row += most) {
      int rows = Math.min(most, end - row);
      long count = (long) rows * channels;
      long x = stored.fetch(stored.at(z.x, row, channels, 0), room, count);
      long dy = stored.fetch(stored.at(z.dy, row, channels, 0), next, count);
      if (z.y != 0) {
        long y = stored.fetch(stored.at(z.y, row, channels, 0), last, count);
        Raw.copy(dy, beforeRelu, count);
        sums.scaleBySlope(Activation.RELU, y, beforeRelu, count);
        dy = beforeRelu;
      }
      long mean = Raw.at(z.mean, row);
      long rstd = Raw.at(z.rstd, row);
      if (z.gains) {
        loops.addGains(x, rows, channels, mean, rstd, dy, gains, Raw.at(gains, channels));
      }
      if (z.dx != 0) {
        long to = stored.at(z.dx, row, channels, 0);
        long dx = stored.floats(to, last);
        if (z.add) {
          stored.fetch(to, last, count);
        } else {
          sums.fill(0, dx, count);
        }
        loops.averages(x, rows, channels, mean, rstd, z.gain, dy, shift, stretch);
        loops.backward(x, rows, channels, mean, rstd, z.gain, dy, shift, stretch, dx);
        stored.store(dx, to, count);
      }
    }
  }
}
