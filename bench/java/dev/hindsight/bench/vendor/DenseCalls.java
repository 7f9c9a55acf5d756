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
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Linear layers as products of cuBLAS. A masked one is what most programs write: the weights times
/// a mask of zeros and ones, then a dense product.
record DenseCalls(Given given, Blas blas) {
  private static final int THREADS = 256;

  /// The product alone, on the case's own x and w.
  ///
  /// @param degrees of a masked layer; null for a dense one
  VendorCall forward(CaseTensors tensors, @Nullable Degrees degrees) {
    Backend backend = given.backend();
    Tensor x = tensors.get("x");
    Tensor w = tensors.get("w");
    int outputs = w.dim(0);
    Tensor y = given.zeros(x.rows(), outputs);
    Tensor ours = given.zeros(x.rows(), outputs);
    Tensor factor = degrees == null ? given.stored(w) : given.zeros(w.shape().dims());
    Runnable product = multiply(new Gemm(given.stored(x), false, factor, true, 0, y));
    if (degrees == null) {
      return new VendorCall(
          function(),
          "the product alone",
          product,
          () -> {
            backend.linear().forward(x, w, null, Activation.IDENTITY, ours);
            return given.difference(y, ours);
          });
    }
    String kernel =
        backend.storage() == ElementType.BF16 ? "multiply_mask_rounded" : "multiply_mask";
    Tensor weights = given.in(ElementType.FP32, w); // as such a program has
    Runnable masking = masking(kernel, weights, degrees, factor);
    Tensor b = given.scope().zeros(outputs);
    return new VendorCall(
        "multiply_mask + " + function(),
        "the product alone",
        () -> {
          masking.run();
          product.run();
        },
        () -> {
          backend.maskedLinear().forward(x, w, b, degrees, Activation.IDENTITY, 0, outputs, ours);
          return given.difference(y, ours);
        });
  }

  /// Two products, which add as ours do; of a masked layer the weights' gradient times the mask.
  ///
  /// @param ours after one backward phase from gradients of 0, which left dy as it is before the
  ///   activation
  VendorCall backward(CaseTensors ours, @Nullable Degrees degrees) {
    Tensor x = given.stored(ours.get("x"));
    Tensor w = ours.get("w");
    Tensor dy = given.stored(ours.get("dy"));
    Tensor dx = given.zeros(x.rows(), w.dim(1));
    Tensor dense = given.scope().zeros(w.shape().dims());
    Tensor factor = given.stored(degrees == null ? w : masked(w, degrees));
    Runnable ofInput = multiply(new Gemm(dy, false, factor, false, 1, dx));
    Runnable ofWeights = multiply(new Gemm(dy, true, x, false, degrees == null ? 1 : 0, dense));
    Tensor dw = degrees == null ? dense : given.scope().zeros(w.shape().dims());
    Runnable masking = degrees == null ? () -> {} : masking("multiply_mask", dense, degrees, dw);
    Runnable all =
        () -> {
          ofInput.run();
          ofWeights.run();
          masking.run();
        };
    return new VendorCall(
        "2 x " + function() + (degrees == null ? "" : " + multiply_mask"),
        "dx and dw alone" + (degrees == null ? "" : ", of weights that are masked already"),
        all,
        () -> {
          given.scope().clear(dx);
          given.scope().clear(dense);
          all.run();
          return Math.max(
              given.difference(dx, ours.get("dx")), given.difference(dw, ours.get("dw")));
        });
  }

  private String function() {
    return Blas.function(given.backend().precision());
  }

  private Runnable multiply(Gemm product) {
    Precision precision = given.backend().precision();
    return () -> blas.multiply(product, precision);
  }

  /// Multiplies by 1 where a weight exists, else by 0.
  private Runnable masking(String name, Tensor values, Degrees degrees, Tensor product) {
    CudaKernel kernel = BenchKernels.load(given.backend(), "dense_mask", name);
    float[] ones = new float[Math.toIntExact(values.size())];
    Arrays.fill(ones, 1);
    int[] dims = values.shape().dims();
    Tensor mask = given.tensor(ElementType.FP32, clear(ones, degrees), dims);
    long size = values.size();
    Extent blocks = Extent.of(Math.toIntExact(Math.ceilDiv(size, THREADS)));
    return () -> kernel.launch(blocks, Extent.of(THREADS), 0, values, mask, product, size);
  }

  private Tensor masked(Tensor w, Degrees degrees) {
    float[] weights = clear(given.backend().readFloats(w), degrees);
    return given.tensor(given.backend().storage(), weights, w.shape().dims());
  }

  private static float[] clear(float[] weights, Degrees degrees) {
    int inputs = degrees.inputs();
    for (int row = 0; row < degrees.outputs(); row++) {
      Arrays.fill(weights, row * inputs + degrees.live(row), (row + 1) * inputs, 0);
    }
    return weights;
  }
}
