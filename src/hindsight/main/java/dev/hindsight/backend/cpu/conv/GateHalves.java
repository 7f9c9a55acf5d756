package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;

/// The two halves of a gate in rows, tanh(a) and σ(b), for blocks that keep them until backward.
final class GateHalves {
  /// Rows at a time, so that what is done to them finds them in the cache.
  static final int ROWS = CpuCausalConv1d.ROWS;

  private GateHalves() {}

  /// (a, b) becomes (tanh(a), σ(b)), and g their product.
  ///
  /// @param ab floats of rows (N,2C)
  /// @param g rows (N,C)
  /// @param room for the floats of a row of g
  static void toTanhAndSigmoid(Matrix ab, Matrix g, long room) {
    int channels = g.columns();
    long b = Native.at(ab.address(), channels);
    Loops.activateRows(Activation.TANH, ab.address(), ab.rows(), channels, ab.pitch());
    Loops.activateRows(Activation.SIGMOID, b, ab.rows(), channels, ab.pitch());
    for (int r = 0; r < ab.rows(); r++) {
      long product = g.stored().floats(g.row(r), room);
      Loops.multiply(ab.row(r), ab.at(r, channels), product, channels);
      g.stored().store(product, g.row(r), channels);
    }
  }

  /// Floats that a thread needs for [#toGradient].
  static long room(Stored stored, int channels) {
    return (long) ROWS * channels + stored.room(2L * channels);
  }

  /// (tanh(a), σ(b)) of up to ROWS rows becomes the gradient of (a, b), where that of the gate is
  /// dy·v, which stays in the cache.
  ///
  /// @param v (C,C), what the block has mixed the gate's channels by
  /// @param dy rows (N,C)
  /// @param ts rows (N,2C)
  /// @param room see [#room]
  static void toGradient(Matrix v, Matrix dy, Matrix ts, long room) {
    Stored stored = ts.stored();
    int channels = dy.columns();
    Matrix slopes = Matrix.dense(stored.fp32(), room, dy.rows(), channels);
    long one = Native.at(room, (long) ROWS * channels);
    slopes.set(dy, v);
    for (int r = 0; r < ts.rows(); r++) {
      long at = ts.row(r);
      long t = stored.fetch(at, one, 2L * channels);
      Loops.gateSlopes(t, Native.at(t, channels), slopes.row(r), channels);
      stored.store(t, at, 2L * channels);
    }
  }
}
