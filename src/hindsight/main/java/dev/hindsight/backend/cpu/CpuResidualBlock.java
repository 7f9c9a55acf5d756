package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.backend.cpu.CpuCausalConv1d.ConvShape;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// WaveNet's residual block, a tile of positions at a time, so that what one product writes is
/// still in the cache when the next reads it. x, g, y (B,T,C), ts (B,T,2C); the sizes are those of
/// the convolution, which has 2C outputs.
final class CpuResidualBlock implements ResidualBlock {
  private final Engine engine;
  private final Gemm gemm;
  private final Loops loops;
  private final CpuCausalConv1d conv;
  private final GroupSums sums;

  CpuResidualBlock(Engine engine, CpuCausalConv1d conv) {
    this.engine = engine;
    this.gemm = engine.gemm();
    this.loops = engine.loops();
    this.conv = conv;
    this.sums = new GroupSums(engine);
  }

  @Override
  public void forward(
      Tensor x,
      Tensor w,
      Tensor b,
      int dilation,
      Tensor v,
      Tensor c,
      @Nullable Tensor ts,
      Tensor g,
      Tensor y) {
    forward(
        ConvShape.of(x, w, dilation),
        x.address(),
        w.address(),
        b.address(),
        v.address(),
        c.address(),
        engine.outOrZero(ts),
        engine.out(g),
        engine.out(y));
  }

  /// @param ts 0 when no backward follows
  private void forward(
      ConvShape z, long x, long w, long b, long v, long c, long ts, long g, long y) {
    int channels = z.inputs();
    engine.shared().reserve(z.weights() + (long) channels * channels);
    long turned = conv.turn(z, w, engine.shared().of(0));
    long mix = Raw.at(turned, z.weights());
    Raw.transpose(v, channels, channels, channels, mix);
    if (ts == 0) {
      engine.scratch().reserve((long) CpuCausalConv1d.ROWS * z.outputs());
    }
    conv.eachTile(
        z,
        (image, row, rows, worker) -> {
          long ab =
              ts == 0 ? engine.scratch().of(worker) : Raw.at(z.y(ts, image), row, z.outputs(), 0);
          conv.outputs(z, z.x(x, image), turned, row, rows, ab);
          long gate = Raw.at(z.x(g, image), row, channels, 0);
          gate(z, b, ab, rows, gate);
          long in = Raw.at(z.x(x, image), row, channels, 0);
          long out = Raw.at(z.x(y, image), row, channels, 0);
          gemm.multiply(
              false, false, rows, channels, channels, gate, channels, mix, channels, false, out,
              channels);
          for (int r = 0; r < rows; r++) {
            long at = Raw.at(out, r, channels, 0);
            loops.addBias(false, c, at, channels);
            loops.add(Raw.at(in, r, channels, 0), at, at, channels);
          }
        });
  }

  /// The halves of some rows become tanh and σ of themselves and their biases.
  private void gate(ConvShape z, long bias, long ab, int rows, long g) {
    int channels = z.inputs();
    int pitch = z.outputs();
    long b = Raw.at(ab, channels);
    for (int r = 0; r < rows; r++) {
      loops.addBias(false, bias, Raw.at(ab, r, pitch, 0), pitch);
    }
    loops.activateRows(Activation.TANH, ab, rows, channels, pitch);
    loops.activateRows(Activation.SIGMOID, b, rows, channels, pitch);
    for (int r = 0; r < rows; r++) {
      long at = Raw.at(0, r, pitch, 0);
      loops.multiply(ab + at, b + at, Raw.at(g, r, channels, 0), channels);
    }
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
  private record Gradients(long dx, long dw, long db, long dv, long dc) {}

  @Override
  public void backward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor v,
      Tensor ts,
      Tensor g,
      Tensor dy,
      @Nullable Gradient dx,
      @Nullable Tensor dw,
      @Nullable Tensor db,
      @Nullable Tensor dv,
      @Nullable Tensor dc) {
    backward(
        ConvShape.of(x, w, dilation),
        x.address(),
        w.address(),
        v.address(),
        engine.out(ts),
        g.address(),
        dy.address(),
        new Gradients(
            engine.begunOrZero(dx),
            engine.outOrZero(dw),
            engine.outOrZero(db),
            engine.outOrZero(dv),
            engine.outOrZero(dc)));
  }

  private void backward(
      ConvShape z, long x, long w, long v, long ts, long g, long dy, Gradients to) {
    int channels = z.inputs();
    Places places = Places.of(z);
    engine.scratch().reserve((long) CpuCausalConv1d.ROWS * channels);
    sums.run(
        z.images(),
        places.all(),
        (image, worker, sum) -> {
          long in = z.x(x, image);
          long slope = z.x(dy, image);
          long dab = z.y(ts, image);
          beforeGate(z, v, slope, dab, engine.scratch().of(worker));
          conv.weights(z, in, dab, Raw.at(sum, places.w()));
          conv.columns(dab, z.length(), z.outputs(), Raw.at(sum, places.b()));
          long dv = Raw.at(sum, places.v());
          gemm.multiply(
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
          conv.columns(slope, z.length(), channels, Raw.at(sum, places.c()));
          if (to.dx() != 0) { // last: dx may be dy
            input(z, w, dab, z.x(to.dx(), image));
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
  private void beforeGate(ConvShape z, long v, long dy, long ts, long dg) {
    int channels = z.inputs();
    for (int row = 0; row < z.length(); row += CpuCausalConv1d.ROWS) {
      int rows = Math.min(CpuCausalConv1d.ROWS, z.length() - row);
      long from = Raw.at(dy, row, channels, 0);
      gemm.multiply(
          false, false, rows, channels, channels, from, channels, v, channels, false, dg, channels);
      for (int r = 0; r < rows; r++) {
        long t = Raw.at(ts, row + r, z.outputs(), 0);
        loops.gateSlopes(t, Raw.at(t, channels), Raw.at(dg, r, channels, 0), channels);
      }
    }
  }

  /// dx += what comes through the convolution.
  private void input(ConvShape z, long w, long dab, long dx) {
    for (int row = 0; row < z.length(); row += CpuCausalConv1d.ROWS) {
      int rows = Math.min(CpuCausalConv1d.ROWS, z.length() - row);
      conv.inputs(z, dab, w, row, rows, Raw.at(dx, row, z.inputs(), 0));
    }
  }
}
