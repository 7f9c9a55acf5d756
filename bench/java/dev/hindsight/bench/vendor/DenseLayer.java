package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Blas.Gemm;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A linear layer as cuBLAS's product, on the case's own x and w.
///
/// @param y of the library
/// @param layer what it stands for
record DenseLayer(Backend backend, Blas blas, Gemm product, Tensor y, Layer layer)
    implements VendorCall {

  /// What ours adds to the product, and its result.
  ///
  /// @param residual added too; null for none
  record Layer(
      Tensor x, Tensor w, Tensor b, @Nullable Tensor residual, Activation f, Tensor result) {
    int n() {
      return x.rows();
    }

    int i() {
      return w.dim(1);
    }

    int o() {
      return w.dim(0);
    }

    /// What the layer makes of a product without it.
    float[] of(Backend backend, float[] product) {
      float[] bias = backend.readFloats(b);
      float[] added = residual == null ? new float[product.length] : backend.readFloats(residual);
      float[] y = new float[product.length];
      for (int k = 0; k < y.length; k++) {
        float sum = product[k] + bias[k % bias.length] + added[k];
        y[k] = f == Activation.RELU ? Math.max(0, sum) : sum;
      }
      return y;
    }

    double difference(Backend backend, Tensor product) {
      if (f != Activation.RELU && f != Activation.IDENTITY) {
        return Double.NaN;
      }
      return Differences.largest(
          of(backend, backend.readFloats(product)), backend.readFloats(result));
    }
  }

  static DenseLayer of(Backend backend, Scope scope, Blas blas, Layer layer) {
    Precision precision = backend.precision();
    Tensor x = Numbers.in(backend, scope, precision.storage(), layer.x());
    Tensor w = Numbers.in(backend, scope, precision.storage(), layer.w());
    Tensor y = scope.tensor(precision.storage(), layer.n(), layer.o());
    scope.clear(y);
    Gemm product =
        Gemm.ofLayer(
            precision, layer.n(), layer.i(), layer.o(), x.address(), w.address(), y.address());
    return new DenseLayer(backend, blas, product, y, layer);
  }

  @Override
  public String functions() {
    return product.function();
  }

  @Override
  public String note() {
    return "the product alone";
  }

  @Override
  public void run() {
    blas.multiply(product);
  }

  @Override
  public double difference() {
    return layer.difference(backend, y);
  }
}
