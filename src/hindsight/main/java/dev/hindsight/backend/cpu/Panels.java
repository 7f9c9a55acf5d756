package dev.hindsight.backend.cpu;

/// A matrix (depth, columns) cut into panels of 64 columns, each without gaps, to be multiplied
/// from the left by few rows again and again.
///
/// OpenBLAS copies a large right-hand side into an order of its own at every call; with few rows
/// that costs as much as the product. Below a million multiply-adds it reads in place instead, four
/// vectors wide, which over a panel is one stream of memory: 1.4 times as fast at 64 rows. So a
/// product is cut to that size, in columns, rows and depth.
final class Panels {
  static final int WIDTH = 64;

  private static final int ROWS = 64;
  private static final int MULTIPLY_ADDS = 1 << 19;

  private final Gemm gemm;

  Panels(Gemm gemm) {
    this.gemm = gemm;
  }

  static int count(int columns) {
    return Math.ceilDiv(columns, WIDTH);
  }

  static int width(int panel, int columns) {
    return Math.min(WIDTH, columns - panel * WIDTH);
  }

  /// y (rows, width) += x (rows, depth) · panel (depth, width)
  void multiply(int rows, int width, int depth, long x, int ldx, long panel, long y, int ldy) {
    for (int row = 0; row < rows; row += ROWS) {
      int high = Math.min(ROWS, rows - row);
      int deep = MULTIPLY_ADDS / (high * width);
      for (int k = 0; k < depth; k += deep) {
        gemm.multiply(
            false,
            false,
            high,
            width,
            Math.min(deep, depth - k),
            Raw.at(x, row, ldx, k),
            ldx,
            Raw.at(panel, k, width, 0),
            width,
            true,
            Raw.at(y, row, ldy, 0),
            ldy);
      }
    }
  }

  /// panel (depth, width) = columns of a matrix whose rows are `ld` floats apart.
  static void copy(int depth, int width, long columns, int ld, long panel) {
    Raw.copyRows(depth, width, columns, ld, panel, width);
  }
}
