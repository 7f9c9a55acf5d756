package dev.hindsight.backend.cpu;

/// The gradient before a gate whose block keeps tanh and σ and has mixed what came out of it by v
/// (C,C), some rows at a time, so that the gradient behind the gate, dy·v, stays in the cache.
final class BeforeGate {
  /// Rows at a time.
  static final int ROWS = CpuCausalConv1d.ROWS;

  private BeforeGate() {}

  /// Floats that a thread needs.
  static long room(Stored stored, int channels) {
    return (long) ROWS * channels + stored.room(2L * channels);
  }

  /// tanh(a), σ(b) of up to ROWS rows become the gradient of a, b.
  ///
  /// @param dy first row of (N,C)
  /// @param ts first row of (N,2C)
  /// @param room see [#room]
  static void apply(
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
