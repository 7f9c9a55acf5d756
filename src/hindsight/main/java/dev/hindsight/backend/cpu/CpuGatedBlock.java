package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.GatedBlock;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The horizontal half of Gated PixelCNN's block: the convolution as it is, what is told and the
/// gate in one pass over its result, in place, and the way back onto the residual path.
final class CpuGatedBlock implements GatedBlock {
  /// Floats of a share's half.
  private static final int SHARE = 1 << 13;

  private final Engine engine;
  private final Loops loops;
  private final CpuLinear linear;
  private final CpuMaskedConv2d conv;

  CpuGatedBlock(Engine engine, CpuLinear linear, CpuMaskedConv2d conv) {
    this.engine = engine;
    this.loops = engine.loops();
    this.linear = linear;
    this.conv = conv;
  }

  @Override
  public void forward(
      Tensor x, Tensor w, Taps taps, Tensor told, Tensor v, Tensor ts, Tensor g, Tensor y) {
    WarmUp.SIGMOIDS.before(loops);
    WarmUp.GATE.before(loops);
    conv.forward(x, w, null, taps, ts);
    gate(engine.stored(x), x.rows(), x.channels(), told.address(), ts.address(), g.address());
    linear.linearAdd(g, v, null, x, y);
  }

  /// ts = tanh and σ of the halves of ts + told, g = their product
  private void gate(Stored stored, int n, int channels, long told, long ts, long g) {
    int most = Math.max(1, SHARE / channels);
    long half = (long) most * channels;
    engine.scratch().reserve(2 * half + stored.room(half));
    engine
        .workers()
        .run(
            Math.ceilDiv(n, most),
            (share, worker) -> {
              int row = share * most;
              int rows = Math.min(most, n - row);
              long from = stored.at(told, row, 2 * channels, 0);
              long kept = stored.at(ts, row, 2 * channels, 0);
              long t = engine.scratch().of(worker);
              long s = Raw.at(t, half);
              long room = Raw.at(s, half);
              long size = (long) rows * channels;
              add(stored, rows, channels, from, kept, t, room);
              add(
                  stored,
                  rows,
                  channels,
                  stored.at(from, channels),
                  stored.at(kept, channels),
                  s,
                  room);
              loops.activate(Activation.TANH, t, t, size);
              loops.activate(Activation.SIGMOID, s, s, size);
              long to = stored.at(g, row, channels, 0);
              long product = stored.floats(to, room);
              loops.multiply(t, s, product, size);
              stored.store(product, to, size);
              for (int r = 0; r < rows; r++) {
                long at = stored.at(kept, r, 2 * channels, 0);
                stored.round(Raw.at(t, r, channels, 0), at, channels);
                stored.round(Raw.at(s, r, channels, 0), stored.at(at, channels), channels);
              }
            });
  }

  /// A dense block of floats = one half of each row of ts + that of told
  ///
  /// @param room for the floats of a half
  private void add(Stored stored, int rows, int channels, long told, long ts, long sum, long room) {
    for (int r = 0; r < rows; r++) {
      long to = Raw.at(sum, r, channels, 0);
      stored.widen(stored.at(ts, r, 2 * channels, 0), to, channels);
      long more = stored.fetch(stored.at(told, r, 2 * channels, 0), room, channels);
      loops.add(to, more, to, channels);
    }
  }

  @Override
  public void backward(
      Tensor x,
      Tensor w,
      Taps taps,
      Tensor v,
      Tensor ts,
      Tensor g,
      Tensor dy,
      @Nullable Gradient dx,
      @Nullable Tensor dw,
      @Nullable Tensor dv) {
    WarmUp.GATE.before(loops);
    if (dv != null) {
      linear.backward(g, v, Activation.IDENTITY, dy, dy, null, dv, null);
    }
    beforeGate(
        engine.stored(dy), dy.rows(), dy.channels(), v.address(), dy.address(), ts.address());
    conv.backward(x, w, taps, ts, dx, dw, null); // last: dx may be dy
  }

  private void beforeGate(Stored stored, int n, int channels, long v, long dy, long ts) {
    engine.scratch().reserve(BeforeGate.room(stored, channels));
    engine
        .workers()
        .run(
            Math.ceilDiv(n, BeforeGate.ROWS),
            (share, worker) -> {
              int row = share * BeforeGate.ROWS;
              BeforeGate.apply(
                  loops,
                  stored,
                  Math.min(BeforeGate.ROWS, n - row),
                  channels,
                  v,
                  stored.at(dy, row, channels, 0),
                  stored.at(ts, row, 2 * channels, 0),
                  engine.scratch().of(worker));
            });
  }
}
