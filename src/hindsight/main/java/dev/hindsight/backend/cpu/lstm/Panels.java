package dev.hindsight.backend.cpu.lstm;

/// A matrix (depth, columns) cut into panels of columns, each without gaps, to be multiplied from
/// the left by few rows again and again: a panel is one stream of memory.
///
/// @param widest of all panels but the last
record Panels(int columns, int widest) {
  private static final int WIDE = 128;
  private static final int NARROW = 64;
  private static final int MANY = 512;

  /// Of an LSTM's weights forward, where each unit stands for its four gates: 256 columns are where
  /// oneDNN is as fast as by any more.
  static Panels ofGates(int units) {
    return new Panels(units, NARROW);
  }

  /// Backward: half as wide where there are few columns, so that there are two shares.
  static Panels ofUnits(int units) {
    return new Panels(units, units < MANY ? NARROW : WIDE);
  }

  int count() {
    return Math.ceilDiv(columns, widest);
  }

  int first(int panel) {
    return panel * widest;
  }

  int width(int panel) {
    return Math.min(widest, columns - first(panel));
  }
}
