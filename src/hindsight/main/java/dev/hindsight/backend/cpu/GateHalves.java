package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Activation;

/// The two halves of a gate in rows, tanh(a) and σ(b), for blocks that keep them until backward.
final class GateHalves {
  /// Rows at a time, so that what is done to them finds them in the cache.
  static final int ROWS = CpuCausalConv1d.ROWS;

  private GateHalves() {}

  /// (a, b) becomes (tanh(a), σ(b)), and g their product.
  ///
  /// @param ab floats of rows (N,2C)
  /// @param g first row of (N,C)
  /// @param room for the floats of a row of g
  static void toTanhAndSigmoid(
      Loops loops, Stored stored, int rows, int channels, long ab, long g, long room) {
    int pitch = 2 * channels;
    long b = Raw.at(ab, channels);
    loops.activateRows(Activation.TANH, ab, rows, channels, pitch);
    loops.activateRows(Activation.SIGMOID, b, rows, channels, pitch);
    for (int r = 0; r < rows; r++) {
      long at = Raw.at(0, r, pitch, 0);
      long to = stored.at(g, r, channels, 0);
      long product = stored.floats(to, room);
      loops.multiply(ab + at, b + at, product, channels);
      stored.store(product, to, channels);
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
  /// @param dy first row of (N,C)
  /// @param ts first row of (N,2C)
  /// @param room see [#room]
  static void toGradient(
      Loops loops, Stored stored, int rows, int channels, long v, long dy, long ts, long room) {
    long one = Raw.at(room, (long) ROWS * channels);
    stored
        .gemm()
        .multiply(
            false, false, rows, channels, channels, dy, channels, v, channels, false, room,
            channels);
    for (int r = 0; r < rows; r++) {
      long at = stored.at(ts, r, 2 * channels, 0);
      long t = stored.fetch(at, one, 2L * channels);
      loops.gateSlopes(t, Raw.at(t, channels), Raw.at(room, r, channels, 0), channels);
      stored.store(t, at, 2L * channels);
    }
  }
}
