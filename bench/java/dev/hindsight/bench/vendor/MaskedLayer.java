package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.bench.device.BenchKernels;
import dev.hindsight.bench.vendor.Blas.Gemm;
import dev.hindsight.bench.vendor.DenseLayer.Layer;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;

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
    Tensor mask = scope.floats(o, i);
    backend.write(mask, mask(degrees, o, i));
    Precision precision = backend.precision();
    ElementType stored = precision.storage();
    Tensor masked = scope.tensor(stored, o, i);
    Tensor weights = Numbers.in(backend, scope, ElementType.FP32, layer.w());
    Tensor x = Numbers.in(backend, scope, stored, layer.x());
    Tensor y = scope.tensor(stored, layer.n(), o);
    scope.clear(y);
    Gemm product =
        Gemm.ofLayer(precision, layer.n(), i, o, x.address(), masked.address(), y.address());
    CudaKernel kernel =
        BenchKernels.load(
            backend,
            "dense_mask",
            stored == ElementType.BF16 ? "multiply_mask_rounded" : "multiply_mask");
    return new MaskedLayer(backend, blas, kernel, weights, mask, masked, product, y, layer);
  }

  /// 1 where a weight exists, else 0.
  static float[] mask(Degrees degrees, int outputs, int inputs) {
    float[] mask = new float[outputs * inputs];
    for (int row = 0; row < outputs; row++) {
      Arrays.fill(mask, row * inputs, row * inputs + degrees.live(row), 1);
    }
    return mask;
  }

  static void multiply(CudaKernel kernel, Tensor values, Tensor mask, Tensor product) {
    long size = values.size();
    Extent blocks = Extent.of(Math.toIntExact(Math.ceilDiv(size, THREADS)));
    kernel.launch(blocks, Extent.of(THREADS), 0, values, mask, product, size);
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
    multiply(multiply, weights, mask, masked);
    blas.multiply(product);
  }

  @Override
  public double difference() {
    return layer.difference(backend, y);
  }
}
