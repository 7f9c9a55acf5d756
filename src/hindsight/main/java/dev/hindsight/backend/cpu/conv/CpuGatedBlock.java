package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.GatedBlock;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.linear.CpuLinear;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The horizontal half of Gated PixelCNN's block: the convolution as it is, the vertical half and
/// the gate in one pass over its result, in place, and the way back onto the residual path.
public final class CpuGatedBlock implements GatedBlock {
  private final Engine engine;
  private final CpuLinear linear;
  private final CpuMaskedConv2d conv;

  public CpuGatedBlock(Engine engine, CpuLinear linear, CpuMaskedConv2d conv) {
    this.engine = engine;
    this.linear = linear;
    this.conv = conv;
  }

  @Override
  public void forward(
      Tensor x, Weights weights, Taps taps, Tensor vertical, Tensor ts, Tensor g, Tensor y) {
    WarmUp.SIGMOID_ROWS.before();
    WarmUp.GATE.before();
    conv.forward(x, weights.w(), null, taps, ts);
    gate(engine.matrix(vertical), engine.matrix(ts), engine.matrix(g));
    linear.linearAdd(g, weights.v(), null, x, y);
  }

  /// ts = tanh and σ of the halves of ts + vertical, g = their product
  private void gate(Matrix vertical, Matrix ts, Matrix g) {
    Stored stored = ts.stored();
    int pitch = ts.columns();
    long block = stored.room((long) GateHalves.ROWS * pitch);
    engine.scratch().reserve(block + stored.room(pitch));
    engine.runBlocks(
        ts.rows(),
        GateHalves.ROWS,
        (row, rows, worker) -> {
          long own = engine.own(worker);
          long room = Native.at(own, block);
          Matrix kept = ts.rows(row, rows);
          Matrix ab = kept.floats(own);
          kept.fetch(ab);
          for (int r = 0; r < rows; r++) {
            long at = ab.row(r);
            Loops.add(at, stored.fetch(vertical.row(row + r), room, pitch), at, pitch);
          }
          GateHalves.toTanhAndSigmoid(ab, g.rows(row, rows), room);
          kept.store(ab);
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
    WarmUp.GATE.before();
    if (dv != null) {
      linear.backward(g, weights.v(), Activation.IDENTITY, dy, dy, new Gradients(null, dv, null));
    }
    beforeGate(engine.matrix(weights.v()), engine.matrix(dy), engine.matrix(ts));
    conv.backward(x, weights.w(), taps, ts, to); // last: dx may be dy
  }

  private void beforeGate(Matrix v, Matrix dy, Matrix ts) {
    engine.scratch().reserve(GateHalves.room(dy.stored(), dy.columns()));
    engine.runBlocks(
        dy.rows(),
        GateHalves.ROWS,
        (row, rows, worker) ->
            GateHalves.toGradient(v, dy.rows(row, rows), ts.rows(row, rows), engine.own(worker)));
  }
}
