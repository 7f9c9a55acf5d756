package dev.hindsight.backend.cpu;

/// Products cut to what OpenBLAS multiplies in place: above a million multiply-adds it copies both
/// factors into an order of its own first, which pays only where each is used often.
///
/// The pieces are those that were fastest for 784 pixels by 96 to 192 channels and for 50,000 rows
/// by 128 to 512.
final class InPlace {
  private static final int ROWS = 112;
  private static final int COLUMNS = 32;
  private static final int DEPTH = 224;

  // of a product whose first factor is transposed: a gradient of weights
  private static final int WEIGHT_COLUMNS = 128;
  private static final int WEIGHT_DEPTH = 56;

  /// Fewer columns than these are no better in pieces.
  private static final int LEAST_COLUMNS = 32;

  private final Gemm gemm;

  InPlace(Gemm gemm) {
    this.gemm = gemm;
  }

  /// c (m,n) += a (m,k) · b (k,n)
  void add(int m, int n, int k, long a, int lda, long b, int ldb, long c, int ldc) {
    if (n < LEAST_COLUMNS) {
      gemm.multiply(false, false, m, n, k, a, lda, b, ldb, true, c, ldc);
      return;
    }
    for (int row = 0; row < m; row += ROWS) {
      int rows = Math.min(ROWS, m - row);
      for (int from = 0; from < k; from += DEPTH) {
        int depth = Math.min(DEPTH, k - from);
        for (int column = 0; column < n; column += COLUMNS) {
          gemm.multiply(
              false,
              false,
              rows,
              Math.min(COLUMNS, n - column),
              depth,
              Raw.at(a, row, lda, from),
              lda,
              Raw.at(b, from, ldb, column),
              ldb,
              true,
              Raw.at(c, row, ldc, column),
              ldc);
        }
      }
    }
  }

  /// c (m,n) += aᵀ·b for a (k,m) and b (k,n)
  void addTransposed(int m, int n, int k, long a, int lda, long b, int ldb, long c, int ldc) {
    if (n < LEAST_COLUMNS) {
      gemm.multiply(true, false, m, n, k, a, lda, b, ldb, true, c, ldc);
      return;
    }
    for (int from = 0; from < k; from += WEIGHT_DEPTH) {
      int depth = Math.min(WEIGHT_DEPTH, k - from);
      for (int row = 0; row < m; row += ROWS) {
        for (int column = 0; column < n; column += WEIGHT_COLUMNS) {
          gemm.multiply(
              true,
              false,
              Math.min(ROWS, m - row),
              Math.min(WEIGHT_COLUMNS, n - column),
              depth,
              Raw.at(a, from, lda, row),
              lda,
              Raw.at(b, from, ldb, column),
              ldb,
              true,
              Raw.at(c, row, ldc, column),
              ldc);
        }
      }
    }
  }
}
