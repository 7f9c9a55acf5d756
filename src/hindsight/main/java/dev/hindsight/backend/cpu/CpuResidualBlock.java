package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.backend.cpu.CpuCausalConv1d.ConvShape;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// WaveNet's residual block, a tile of positions at a time, so that what one product writes is
/// still in the cache when the next reads it. x, g, y (B,T,C), ts (B,T,2C); the sizes are those of
/// the convolution, which has 2C outputs.
final class CpuResidualBlock implements ResidualBlock {
  private final Engine engine;
  private final Loops loops;
  private final CpuCausalConv1d conv;
  private final GroupSums sums;

  CpuResidualBlock(Engine engine, CpuCausalConv1d conv) {
    this.engine = engine;
    this.loops = engine.loops();
    this.conv = conv;
    this.sums = new GroupSums(engine);
  }

  @Override
  public void forward(
      Tensor x, Weights weights, int dilation, @Nullable Tensor ts, Tensor g, Tensor y) {
    WarmUp.SIGMOID_ROWS.before(loops);
    WarmUp.GATE.before(loops);
    forward(
        conv.shape(x, weights.w(), dilation),
        x.address(),
        weights,
        Engine.orZero(ts),
        g.address(),
        y.address());
  }

  /// @param ts 0 when no backward follows
  private void forward(ConvShape z, long x, Weights weights, long ts, long g, long y) {
    long b = weights.b().address();
    long c = weights.c().address();
    Stored stored = z.stored();
    int channels = z.inputs();
    engine.shared().reserve(stored.asFloats(z.weights() + z.both() + (long) channels * channels));
    long turned = conv.turn(z, weights.w().address(), engine.shared().of(0));
    long mix = stored.at(turned, z.weights() + z.both());
    stored.transpose(weights.v().address(), channels, channels, channels, mix);
    long halves = (long) z.mostRows() * z.outputs();
    long block = stored.room((long) z.mostRows() * channels);
    long behind = (ts == 0 ? halves : stored.room(halves)) + block;
    engine.scratch().reserve(behind + z.outputsRoom());
    conv.eachTile(
        z,
        false,
        (image, row, rows, worker) -> {
          long own = engine.scratch().of(worker);
          long kept = ts == 0 ? 0 : stored.at(z.y(ts, image), row, z.outputs(), 0);
          long ab = ts == 0 ? own : stored.floats(kept, own);
          conv.outputs(z, z.x(x, image), turned, row, rows, ab, Raw.at(own, behind));
          long gate = stored.at(z.x(g, image), row, channels, 0);
          long room = Raw.at(own, halves);
          gate(z, b, ab, rows, gate, room);
          if (ts != 0) {
            stored.store(rows, z.outputs(), ab, kept, z.outputs());
          }
          long in = stored.at(z.x(x, image), row, channels, 0);
          long to = stored.at(z.x(y, image), row, channels, 0);
          long out = stored.floats(to, room);
          z.gemm()
              .multiply(
                  false, false, rows, channels, channels, gate, channels, mix, channels, false, out,
                  channels);
          for (int r = 0; r < rows; r++) {
            long at = Raw.at(out, r, channels, 0);
            loops.addBias(false, c, at, channels);
            // The halves are stored: a row of x has room there.
            loops.add(stored.fetch(stored.at(in, r, channels, 0), own, channels), at, at, channels);
          }
          stored.store(rows, channels, out, to, channels);
        });
  }

  /// The halves of some rows become tanh and σ of themselves and their biases.
  ///
  /// @param ab their floats
  /// @param room for a row of g
  private void gate(ConvShape z, long bias, long ab, int rows, long g, long room) {
    for (int r = 0; r < rows; r++) {
      loops.addBias(false, bias, Raw.at(ab, r, z.outputs(), 0), z.outputs());
    }
    GateHalves.toTanhAndSigmoid(loops, z.stored(), rows, z.inputs(), ab, g, room);
  }

  /// Where the gradients of a group of images lie in its sum.
  private record Places(long w, long b, long v, long c, long all) {
    static Places of(ConvShape z) {
      long b = z.weights();
      long v = b + z.outputs();
      long c = v + (long) z.inputs() * z.inputs();
      return new Places(0, b, v, c, c + z.inputs());
    }
  }

  /// The gradients that are wanted; 0 where one is not.
  private record Sums(long dx, long dw, long db, long dv, long dc) {}

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
    WarmUp.SIGMOID_ROWS.before(loops);
    WarmUp.GATE.before(loops);
    backward(
        conv.shape(x, weights.w(), dilation),
        x.address(),
        weights.w().address(),
        weights.v().address(),
        ts.address(),
        g.address(),
        dy.address(),
        new Sums(
            engine.begunOrZero(to.dx()),
            Engine.orZero(to.dw()),
            Engine.orZero(to.db()),
            Engine.orZero(residual.dw()),
            Engine.orZero(residual.db())));
  }

  private void backward(ConvShape z, long x, long w, long v, long ts, long g, long dy, Sums to) {
    int channels = z.inputs();
    Stored stored = z.stored();
    Places places = Places.of(z);
    engine.scratch().reserve(Math.max(GateHalves.room(stored, channels), z.inputsRoom()));
    long both = conv.both(z, w, sums.roomBehind(z.images(), places.all(), z.both()));
    sums.run(
        z.images(),
        places.all(),
        (image, worker, sum) -> {
          long in = z.x(x, image);
          long slope = z.x(dy, image);
          long dab = z.y(ts, image);
          long own = engine.scratch().of(worker);
          beforeGate(z, v, slope, dab, own);
          conv.weights(z, in, dab, Raw.at(sum, places.w()));
          conv.columns(stored, dab, z.length(), z.outputs(), Raw.at(sum, places.b()));
          long dv = Raw.at(sum, places.v());
          z.gemm()
              .multiply(
                  true,
                  false,
                  channels,
                  channels,
                  z.length(),
                  slope,
                  channels,
                  z.x(g, image),
                  channels,
                  true,
                  dv,
                  channels);
          conv.columns(stored, slope, z.length(), channels, Raw.at(sum, places.c()));
          if (to.dx() != 0) { // last: dx may be dy
            input(z, w, both, dab, z.x(to.dx(), image), own);
          }
        });
    add(to.dw(), places.w(), z.weights());
    add(to.db(), places.b(), z.outputs());
    add(to.dv(), places.v(), (long) channels * channels);
    add(to.dc(), places.c(), channels);
  }

  private void add(long to, long from, long count) {
    if (to != 0) {
      sums.addTo(to, from, count);
    }
  }

  /// Turns tanh(a), σ(b) of one image into the gradient of a, b.
  private void beforeGate(ConvShape z, long v, long dy, long ts, long room) {
    Stored stored = z.stored();
    int channels = z.inputs();
    for (int row = 0; row < z.length(); row += GateHalves.ROWS) {
      int rows = Math.min(GateHalves.ROWS, z.length() - row);
      long from = stored.at(dy, row, channels, 0);
      long at = stored.at(ts, row, z.outputs(), 0);
      GateHalves.toGradient(loops, stored, rows, channels, v, from, at, room);
    }
  }

  /// dx += what comes through the convolution.
  private void input(ConvShape z, long w, long both, long dab, long dx, long room) {
    for (int tile = 0; tile < z.tiles(); tile++) {
      conv.inputs(z, dab, w, both, z.row(true, tile), z.rows(tile), dx, room);
    }
  }
}
