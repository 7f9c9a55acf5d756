package dev.hindsight.backend.cpu.loops;

/// The parts of an LSTM's step that are its own, on the calling thread, over `count` floats at raw
/// addresses. Each is short, for C2's sake (see [VectorMath]).
public interface LstmLoops {
  /// next = f·c + i·g
  void state(long i, long f, long g, long c, long next, long count);

  /// What reaches a step through h = o·tanh(c): dc += dh·o·(1 - tanh²), and o becomes its gradient
  /// before the activation, dh·tanh·o·(1 - o).
  void outputSlopes(long tanh, long dh, long o, long dc, long count);

  /// What reaches it through its state: i, f and g become their gradients before the activation,
  /// and dc that of the state before, dc·f.
  void stateSlopes(long i, long f, long g, long before, long dc, long count);
}
