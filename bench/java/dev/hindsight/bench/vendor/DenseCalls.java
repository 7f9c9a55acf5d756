package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.bench.device.BenchKernels;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Linear layers as products of cuBLAS. A masked one is what most programs write: the weights times
/// a mask of zeros and ones, then a dense product.
record DenseCalls(Backend backend, Scope scope, Blas blas) {
  private static final int THREADS = 256;

  /// The product alone, on the case's own x and w.
  ///
  /// @param degrees of a masked layer; null for a dense one
  VendorCall forward(Tensor x, Tensor w, @Nullable Degrees degrees) {
    int n = x.rows();
    int i = w.dim(1);
    int o = w.dim(0);
    Precision precision = backend.precision();
    Tensor y = zeros(n, o);
    Tensor factor = degrees == null ? stored(w) : scope.tensor(backend.storage(), o, i);
    Gemm product =
        Gemm.ofLayer(precision, n, i, o, stored(x).address(), factor.address(), y.address());
    Tensor ours = zeros(n, o);
    if (degrees == null) {
      return new VendorCall(
          product.function(),
          "the product alone",
          () -> blas.multiply(product),
          () -> {
            backend.linear().forward(x, w, null, Activation.IDENTITY, ours);
            return VendorCall.largest(backend, y, ours);
          });
    }
    Tensor mask = mask(degrees, o, i);
    Tensor weights = VendorCall.in(backend, scope, ElementType.FP32, w); // as such a program has
    String rounding =
        backend.storage() == ElementType.BF16 ? "multiply_mask_rounded" : "multiply_mask";
    CudaKernel multiply = BenchKernels.load(backend, "dense_mask", rounding);
    return new VendorCall(
        "multiply_mask + " + product.function(),
        "the product alone",
        () -> {
          multiply(multiply, weights, mask, factor);
          blas.multiply(product);
        },
        () -> {
          backend
              .maskedLinear()
              .forward(x, w, scope.zeros(o), degrees, Activation.IDENTITY, 0, o, ours);
          return VendorCall.largest(backend, y, ours);
        });
  }

  /// Two products, which add as ours do; of a masked layer the weights' gradient times the mask.
  ///
  /// @param ours after one backward phase from gradients of 0, which left dy as it is before the
  ///   activation
  VendorCall backward(CaseTensors ours, @Nullable Degrees degrees) {
    Tensor x = ours.get("x");
    Tensor w = ours.get("w");
    int n = x.rows();
    int i = w.dim(1);
    int o = w.dim(0);
    Precision precision = backend.precision();
    long dy = stored(ours.get("dy")).address();
    Tensor factor = degrees == null ? stored(w) : masked(w, degrees);
    Tensor dx = zeros(n, i);
    Tensor dense = scope.zeros(o, i);
    Gemm ofInput = Gemm.ofInputGradient(precision, n, i, o, dy, factor.address(), dx.address());
    Gemm ofWeights =
        Gemm.ofWeightGradient(
            precision, n, i, o, dy, stored(x).address(), dense.address(), degrees == null ? 1 : 0);
    Tensor dw = degrees == null ? dense : scope.zeros(o, i);
    Runnable run =
        () -> {
          blas.multiply(ofInput);
          blas.multiply(ofWeights);
        };
    if (degrees != null) {
      Runnable products = run;
      Tensor mask = mask(degrees, o, i);
      CudaKernel multiply = BenchKernels.load(backend, "dense_mask", "multiply_mask");
      run =
          () -> {
            products.run();
            multiply(multiply, dense, mask, dw);
          };
    }
    Runnable both = run;
    return new VendorCall(
        "2 x " + ofInput.function() + (degrees == null ? "" : " + multiply_mask"),
        "dx and dw alone" + (degrees == null ? "" : ", of weights that are masked already"),
        both,
        () -> {
          backend.fill(dx, 0);
          backend.fill(dense, 0);
          both.run();
          return Math.max(
              VendorCall.largest(backend, dx, ours.get("dx")),
              VendorCall.largest(backend, dw, ours.get("dw")));
        });
  }

  private Tensor zeros(int rows, int columns) {
    Tensor tensor = scope.tensor(backend.storage(), rows, columns);
    scope.clear(tensor);
    return tensor;
  }

  private Tensor stored(Tensor tensor) {
    return VendorCall.in(backend, scope, backend.storage(), tensor);
  }

  /// 1 where a weight exists, else 0.
  private Tensor mask(Degrees degrees, int outputs, int inputs) {
    float[] mask = new float[outputs * inputs];
    for (int row = 0; row < outputs; row++) {
      Arrays.fill(mask, row * inputs, row * inputs + degrees.live(row), 1);
    }
    return VendorCall.tensor(backend, scope, ElementType.FP32, mask);
  }

  private Tensor masked(Tensor w, Degrees degrees) {
    int inputs = w.dim(1);
    float[] weights = backend.readFloats(w);
    for (int row = 0; row < w.dim(0); row++) {
      Arrays.fill(weights, row * inputs + degrees.live(row), (row + 1) * inputs, 0);
    }
    return VendorCall.tensor(backend, scope, backend.storage(), weights);
  }

  private static void multiply(CudaKernel kernel, Tensor values, Tensor mask, Tensor product) {
    long size = values.size();
    Extent blocks = Extent.of(Math.toIntExact(Math.ceilDiv(size, THREADS)));
    kernel.launch(blocks, Extent.of(THREADS), 0, values, mask, product, size);
  }
}
