package dev.hindsight.backend.cpu;

/// A matrix (depth, columns) cut into panels of columns, each without gaps, to be multiplied from
/// the left by few rows again and again: a panel is one stream of memory, which two threads can
/// share out by rows.
///
/// 128 columns by 32 rows is where oneDNN is as fast as by any more; half as wide, so that there
/// are two shares, where there are few columns.
record Panels(int columns) {
  private static final int WIDE = 128;
  private static final int NARROW = 64;
  private static final int MANY = 512;

  /// Of all panels but the last.
  int widest() {
    return columns < MANY ? NARROW : WIDE;
  }

  int count() {
    return Math.ceilDiv(columns, widest());
  }

  int first(int panel) {
    return panel * widest();
  }

  int width(int panel) {
    return Math.min(widest(), columns - first(panel));
  }
}
