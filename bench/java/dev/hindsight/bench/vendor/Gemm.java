package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Precision;
import dev.hindsight.tensor.ElementType;

/// C = op(A)·op(B) + beta·C in column-major order, as cuBLAS has it. Sums are fp32.
///
/// @param precision FP32 is `cublasSgemm`, the others `cublasGemmEx`: A and B are fp32 in TF32 and
///   bf16 in BF16
/// @param transposeA whether op(A) is A's transpose
/// @param m rows of C
/// @param n columns of C
/// @param k length of a sum
/// @param a address of A, whose columns lie `lda` elements apart
/// @param result type of C
record Gemm(
    Precision precision,
    boolean transposeA,
    boolean transposeB,
    int m,
    int n,
    int k,
    long a,
    int lda,
    long b,
    int ldb,
    float beta,
    long c,
    int ldc,
    ElementType result) {

  /// y (N,O) = x (N,I)·wᵀ with w (O,I). A row-major matrix is its own transpose in column-major
  /// order, so cuBLAS computes yᵀ = w·xᵀ.
  static Gemm ofLayer(Precision precision, int n, int i, int o, long x, long w, long y) {
    return new Gemm(precision, true, false, o, n, i, w, i, x, i, 0, y, o, precision.storage());
  }

  /// dx (N,I) = dy (N,O)·w (O,I) + dx, as dxᵀ = wᵀ·dyᵀ.
  static Gemm ofInputGradient(Precision precision, int n, int i, int o, long dy, long w, long dx) {
    return new Gemm(precision, false, false, i, n, o, w, i, dy, o, 1, dx, i, precision.storage());
  }

  /// dw (O,I) = dyᵀ (O,N)·x (N,I) + beta·dw, as dwᵀ = xᵀ·dy.
  static Gemm ofWeightGradient(
      Precision precision, int n, int i, int o, long dy, long x, long dw, float beta) {
    return new Gemm(precision, false, true, i, o, n, x, i, dy, o, beta, dw, i, ElementType.FP32);
  }

  /// Name of the function: for people.
  String function() {
    return precision == Precision.FP32 ? "cublasSgemm" : "cublasGemmEx";
  }
}
