package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.bench.device.BenchKernels;
import dev.hindsight.bench.vendor.Blas.Gemm;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// The backward phase of [MaskedLayer]: two dense products, and the weights' gradient times the
/// mask.
///
/// @param dense the gradient of all weights
/// @param ours as of [DenseGradients]
record MaskedGradients(
    Backend backend,
    Blas blas,
    CudaKernel multiply,
    Tensor mask,
    Gemm ofInput,
    Gemm ofWeights,
    Tensor dx,
    Tensor dense,
    Tensor dw,
    CaseTensors ours)
    implements VendorCall {

  static MaskedGradients of(
      Backend backend, Scope scope, Blas blas, Degrees degrees, CaseTensors ours) {
    Tensor x = ours.get("x");
    Tensor w = ours.get("w");
    int n = x.rows();
    int i = w.dim(1);
    int o = w.dim(0);
    float[] ones = MaskedLayer.mask(degrees, o, i);
    Tensor mask = scope.floats(o, i);
    backend.write(mask, ones);
    float[] weights = backend.readFloats(w);
    for (int k = 0; k < weights.length; k++) {
      weights[k] *= ones[k];
    }
    Precision precision = backend.precision();
    Tensor masked = Numbers.of(backend, scope, precision.storage(), weights); // forward has made it
    long dy = DenseGradients.factor(backend, scope, ours.get("dy"));
    long a = DenseGradients.factor(backend, scope, masked);
    long b = DenseGradients.factor(backend, scope, x);
    Tensor dx = scope.tensor(precision.storage(), n, i);
    Tensor dense = scope.zeros(o, i);
    return new MaskedGradients(
        backend,
        blas,
        BenchKernels.load(backend, "dense_mask", "multiply_mask"),
        mask,
        Gemm.ofInputGradient(precision, n, i, o, dy, a, dx.address(), 1),
        Gemm.ofWeightGradient(precision, n, i, o, dy, b, dense.address(), 0),
        dx,
        dense,
        scope.zeros(o, i),
        ours);
  }

  @Override
  public String functions() {
    return "2 x %s + multiply_mask".formatted(ofInput.function());
  }

  @Override
  public String note() {
    return "dx and dw alone, of weights that are masked already";
  }

  @Override
  public void run() {
    blas.multiply(ofInput);
    blas.multiply(ofWeights);
    MaskedLayer.multiply(multiply, dense, mask, dw);
  }

  @Override
  public double difference() {
    backend.fill(dx, 0);
    run();
    return Math.max(
        Differences.largest(backend, dx, ours.get("dx")),
        Differences.largest(backend, dw, ours.get("dw")));
  }
}
