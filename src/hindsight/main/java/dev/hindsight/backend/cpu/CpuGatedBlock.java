package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.GatedBlock;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The horizontal half of Gated PixelCNN's block: the convolution as it is, what is told and the
/// gate in one pass over its result, in place, and the way back onto the residual path.
final class CpuGatedBlock implements GatedBlock {
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
      Tensor x, Weights weights, Taps taps, Tensor told, Tensor ts, Tensor g, Tensor y) {
    WarmUp.SIGMOID_ROWS.before(loops);
    WarmUp.GATE.before(loops);
    conv.forward(x, weights.w(), null, taps, ts);
    gate(engine.stored(x), x.rows(), x.channels(), told.address(), ts.address(), g.address());
    linear.linearAdd(g, weights.v(), null, x, y);
  }

  /// ts = tanh and σ of the halves of ts + told, g = their product
  private void gate(Stored stored, int n, int channels, long told, long ts, long g) {
    int pitch = 2 * channels;
    long block = stored.room((long) GateHalves.ROWS * pitch);
    engine.scratch().reserve(block + stored.room(pitch));
    engine
        .workers()
        .run(
            Math.ceilDiv(n, GateHalves.ROWS),
            (share, worker) -> {
              int row = share * GateHalves.ROWS;
              int rows = Math.min(GateHalves.ROWS, n - row);
              long own = engine.scratch().of(worker);
              long room = Raw.at(own, block);
              long kept = stored.at(ts, row, pitch, 0);
              long ab = stored.floats(kept, own);
              stored.fetch(rows, pitch, kept, pitch, ab);
              for (int r = 0; r < rows; r++) {
                long at = Raw.at(ab, r, pitch, 0);
                loops.add(
                    at, stored.fetch(stored.at(told, row + r, pitch, 0), room, pitch), at, pitch);
              }
              long to = stored.at(g, row, channels, 0);
              GateHalves.toTanhAndSigmoid(loops, stored, rows, channels, ab, to, room);
              stored.store(rows, pitch, ab, kept, pitch);
            });
  }

  @Override
  public void backward(
      Tensor x,
      Weights weights,
      Taps taps,
      Tensor ts,
      Tensor g,
      Tensor dy,
      Gradients to,
      @Nullable Tensor dv) {
    WarmUp.GATE.before(loops);
    if (dv != null) {
      linear.backward(g, weights.v(), Activation.IDENTITY, dy, dy, new Gradients(null, dv, null));
    }
    beforeGate(
        engine.stored(dy),
        dy.rows(),
        dy.channels(),
        weights.v().address(),
        dy.address(),
        ts.address());
    conv.backward(x, weights.w(), taps, ts, to); // last: dx may be dy
  }

  private void beforeGate(Stored stored, int n, int channels, long v, long dy, long ts) {
    engine.scratch().reserve(GateHalves.room(stored, channels));
    engine
        .workers()
        .run(
            Math.ceilDiv(n, GateHalves.ROWS),
            (share, worker) -> {
              int row = share * GateHalves.ROWS;
              GateHalves.toGradient(
                  loops,
                  stored,
                  Math.min(GateHalves.ROWS, n - row),
                  channels,
                  v,
                  stored.at(dy, row, channels, 0),
                  stored.at(ts, row, 2 * channels, 0),
                  engine.scratch().of(worker));
            });
  }
}
