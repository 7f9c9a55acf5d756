package dev.hindsight.bench.vendor;

import dev.hindsight.tensor.Tensor;

/// C = op(A)·op(B) + beta·C of row-major matrices, whose rows are all axes but the last. cuBLAS has
/// columns where we have rows, so it computes Cᵀ = op(B)ᵀ·op(A)ᵀ: `m` rows and `n` columns of sums
/// of `k`, and B comes first.
///
/// @param transposeA whether op(A) is A's transpose
record Gemm(Tensor a, boolean transposeA, Tensor b, boolean transposeB, float beta, Tensor c) {

  int m() {
    return c.channels();
  }

  int n() {
    return c.rows();
  }

  int k() {
    return transposeA ? a.rows() : a.channels();
  }
}
