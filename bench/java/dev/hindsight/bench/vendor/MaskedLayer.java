package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.bench.device.BenchKernels;
import dev.hindsight.bench.vendor.Blas.Gemm;
import dev.hindsight.bench.vendor.DenseLayer.Layer;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// A masked linear layer as most write it: the weights times a mask of zeros and ones, then a dense
/// product.
///
/// @param weights in fp32, as such a program keeps them
/// @param masked the weights times the mask; bf16 in that precision
record MaskedLayer(
    Backend backend,
    Blas blas,
    CudaKernel multiply,
    Tensor weights,
    Tensor mask,
    Tensor masked,
    Gemm product,
    Tensor y,
    Layer layer)
    implements VendorCall {
  private static final int THREADS = 256;

  static MaskedLayer of(Backend backend, Scope scope, Blas blas, Degrees degrees, Layer layer) {
    int o = layer.o();
    int i = layer.i();
    float[] ones = new float[o * i];
    for (int row = 0; row < o; row++) {
      for (int column = 0; column < degrees.live(row); column++) {
        ones[row * i + column] = 1;
      }
    }
    Tensor mask = scope.floats(o, i);
    backend.write(mask, ones);
    Precision precision = backend.precision();
    boolean half = precision == Precision.BF16;
    Tensor masked = scope.floats(half ? Math.ceilDiv(o * i, 2) : o * i);
    Tensor weights = scope.floats(o, i);
    backend.write(weights, backend.readFloats(layer.w()));
    Tensor x = half ? Bf16.tensor(backend, scope, backend.readFloats(layer.x())) : layer.x();
    Tensor y = scope.zeros(layer.n(), o);
    Gemm product =
        Gemm.ofLayer(precision, layer.n(), i, o, x.address(), masked.address(), y.address());
    CudaKernel kernel =
        BenchKernels.load(backend, "dense_mask", half ? "multiply_mask_rounded" : "multiply_mask");
    return new MaskedLayer(backend, blas, kernel, weights, mask, masked, product, y, layer);
  }

  @Override
  public String functions() {
    return "multiply_mask + " + product.function();
  }

  @Override
  public String note() {
    return "the product alone";
  }

  @Override
  public void run() {
    long count = weights.size();
    multiply.launch(
        Extent.of(Math.toIntExact(Math.ceilDiv(count, THREADS))),
        Extent.of(THREADS),
        0,
        weights,
        mask,
        masked,
        count);
    blas.multiply(product);
  }

  @Override
  public double difference() {
    return layer.difference(backend, y);
  }
}
