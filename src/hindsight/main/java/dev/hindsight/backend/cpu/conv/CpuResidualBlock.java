package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.backend.cpu.conv.CpuCausalConv1d.ConvShape;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.core.GroupSums;
import dev.hindsight.backend.cpu.linear.Epilogue;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// WaveNet's residual block, a tile of positions at a time, so that what one product writes is
/// still in the cache when the next reads it. x, g, y (B,T,C), ts (B,T,2C); the sizes are those of
/// the convolution, which has 2C outputs.
public final class CpuResidualBlock implements ResidualBlock {
  private final Engine engine;
  private final CpuCausalConv1d conv;
  private final GroupSums sums;

  public CpuResidualBlock(Engine engine, CpuCausalConv1d conv) {
    this.engine = engine;
    this.conv = conv;
    this.sums = new GroupSums(engine);
  }

  @Override
  public void forward(
      Tensor x, Weights weights, int dilation, @Nullable Tensor ts, Tensor g, Tensor y) {
    WarmUp.SIGMOID_ROWS.before();
    WarmUp.GATE.before();
    ConvShape z = conv.shape(x, weights.w(), dilation);
    Stored stored = z.stored();
    int channels = z.inputs();
    Matrix in = engine.matrix(x);
    Matrix kept = engine.matrixOrNull(ts);
    Matrix gates = engine.matrix(g);
    Matrix results = engine.matrix(y);
    long bias = weights.b().address();
    long mixBias = weights.c().address();
    engine.shared().reserve(stored.asFloats(z.weights() + z.both() + (long) channels * channels));
    PairedTaps.Weights turned = conv.turn(z, engine.matrix(weights.w()), engine.shared().of(0));
    long behindWeights = stored.at(turned.taps().address(), z.weights() + z.both());
    Matrix mix = engine.matrix(weights.v()).transposeTo(behindWeights);
    long halves = (long) z.mostRows() * z.outputs();
    long block = stored.room((long) z.mostRows() * channels);
    long behind = (kept == null ? halves : stored.room(halves)) + block;
    engine.scratch().reserve(behind + z.outputsRoom());
    conv.eachTile(
        z,
        false,
        (image, row, rows, worker) -> {
          long own = engine.own(worker);
          Matrix to = kept == null ? null : z.image(kept, image).rows(row, rows);
          Matrix ab =
              to == null ? Matrix.dense(stored.fp32(), own, rows, z.outputs()) : to.floats(own);
          conv.outputs(z, z.image(in, image), turned, row, ab, Native.at(own, behind));
          Matrix gate = z.image(gates, image).rows(row, rows);
          long room = Native.at(own, halves);
          Epilogue.forward(Activation.IDENTITY, bias, ab);
          GateHalves.toTanhAndSigmoid(ab, gate, room);
          if (to != null) {
            to.store(ab);
          }
          Matrix before = z.image(in, image).rows(row, rows);
          Matrix after = z.image(results, image).rows(row, rows);
          Matrix out = after.floats(room);
          out.set(gate, mix);
          for (int r = 0; r < rows; r++) {
            long at = out.row(r);
            Loops.addBias(false, mixBias, at, channels);
            // The halves are stored: a row of x has room there.
            Loops.add(stored.fetch(before.row(r), own, channels), at, at, channels);
          }
          after.store(out);
        });
  }

  /// Where the gradients of a group of images lie in its sum, behind that of w.
  private record Places(long b, long v, long c, long all) {
    static Places of(ConvShape z) {
      long b = z.weights();
      long v = b + z.outputs();
      long c = v + (long) z.inputs() * z.inputs();
      return new Places(b, v, c, c + z.inputs());
    }
  }

  @Override
  public void backward(
      Tensor x,
      Weights weights,
      int dilation,
      Tensor ts,
      Tensor g,
      Tensor dy,
      Gradients to,
      Gradients residual) {
    WarmUp.SIGMOID_ROWS.before();
    WarmUp.GATE.before();
    ConvShape z = conv.shape(x, weights.w(), dilation);
    int channels = z.inputs();
    Matrix in = engine.matrix(x);
    Matrix mix = engine.matrix(weights.v());
    Matrix halves = engine.matrix(ts);
    Matrix gates = engine.matrix(g);
    Matrix up = engine.matrix(dy);
    Matrix down = engine.begunOrNull(to.dx());
    Places places = Places.of(z);
    engine.scratch().reserve(Math.max(GateHalves.room(z.stored(), channels), z.inputsRoom()));
    long room = sums.roomBehind(z.images(), places.all(), z.both());
    PairedTaps.Weights filters = conv.withBoth(z, engine.matrix(weights.w()), room);
    sums.run(
        z.images(),
        places.all(),
        (image, worker, sum) -> {
          Matrix slope = z.image(up, image);
          Matrix dab = z.image(halves, image);
          long own = engine.own(worker);
          beforeGate(mix, slope, dab, own);
          conv.weights(z, z.image(in, image), dab, sum);
          dab.addRowsTo(Native.at(sum, places.b()));
          Matrix.dense(z.stored().fp32(), Native.at(sum, places.v()), channels, channels)
              .add(slope.transpose(), z.image(gates, image));
          slope.addRowsTo(Native.at(sum, places.c()));
          for (int tile = 0; tile < z.tiles() && down != null; tile++) { // last: dx may be dy
            Matrix slopes = z.image(down, image);
            conv.inputs(z, dab, filters, z.row(true, tile), z.rows(tile), slopes, own);
          }
        });
    add(to.dw(), 0, z.weights());
    add(to.db(), places.b(), z.outputs());
    add(residual.dw(), places.v(), (long) channels * channels);
    add(residual.db(), places.c(), channels);
  }

  private void add(@Nullable Tensor to, long from, long count) {
    if (to != null) {
      sums.addTo(to.address(), from, count);
    }
  }

  /// Turns tanh(a), σ(b) of one image into the gradient of a, b.
  private void beforeGate(Matrix v, Matrix dy, Matrix ts, long room) {
    for (int row = 0; row < dy.rows(); row += GateHalves.ROWS) {
      int rows = Math.min(GateHalves.ROWS, dy.rows() - row);
      GateHalves.toGradient(v, dy.rows(row, rows), ts.rows(row, rows), room);
    }
  }
}
