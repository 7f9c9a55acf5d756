package dev.hindsight.backend.cpu;

/// A matrix product on the calling thread, over row-major matrices at raw addresses. What its
/// factors lie in memory as is the implementation's; the result is floats.
interface Gemm {
  /// c (m,n) = op(a)·op(b), or c += that when `add`.
  ///
  /// @param ta a is stored (k,m) instead of (m,k)
  /// @param tb b is stored (n,k) instead of (k,n)
  /// @param lda numbers from one stored row of a to the next; ldb and ldc likewise
  void multiply(
      boolean ta,
      boolean tb,
      int m,
      int n,
      int k,
      long a,
      int lda,
      long b,
      int ldb,
      boolean add,
      long c,
      int ldc);

  /// For people: what computes.
  String describe();
}
