package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Blas.Gemm;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// The backward phase of a linear layer as two products of cuBLAS, which add as ours do.
///
/// @param ours after one backward phase from gradients of 0, which left dy as it is before the
///   activation
record DenseGradients(
    Backend backend,
    Blas blas,
    Gemm ofInput,
    Gemm ofWeights,
    Tensor dx,
    Tensor dw,
    CaseTensors ours)
    implements VendorCall {

  static DenseGradients of(Backend backend, Scope scope, Blas blas, CaseTensors ours) {
    Tensor x = ours.get("x");
    Tensor w = ours.get("w");
    int n = x.rows();
    int i = w.dim(1);
    int o = w.dim(0);
    Precision precision = backend.precision();
    long dy = factor(backend, scope, ours.get("dy"));
    Tensor dx = scope.tensor(precision.storage(), n, i);
    Tensor dw = scope.zeros(o, i);
    Gemm ofInput =
        Gemm.ofInputGradient(precision, n, i, o, dy, factor(backend, scope, w), dx.address(), 1);
    Gemm ofWeights =
        Gemm.ofWeightGradient(precision, n, i, o, dy, factor(backend, scope, x), dw.address(), 1);
    return new DenseGradients(backend, blas, ofInput, ofWeights, dx, dw, ours);
  }

  /// Where a product finds these numbers.
  static long factor(Backend backend, Scope scope, Tensor tensor) {
    return Numbers.in(backend, scope, backend.storage(), tensor).address();
  }

  @Override
  public String functions() {
    return "2 x " + ofInput.function();
  }

  @Override
  public String note() {
    return "dx and dw alone";
  }

  @Override
  public void run() {
    blas.multiply(ofInput);
    blas.multiply(ofWeights);
  }

  @Override
  public double difference() {
    backend.fill(dx, 0);
    backend.fill(dw, 0);
    run();
    return Math.max(
        Differences.largest(backend, dx, ours.get("dx")),
        Differences.largest(backend, dw, ours.get("dw")));
  }
}
