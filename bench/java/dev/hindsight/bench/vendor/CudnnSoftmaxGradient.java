package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.bench.vendor.Cudnn.Descriptors;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnSoftmaxAlgorithm;
import jcuda.jcudnn.cudnnSoftmaxMode;
import jcuda.jcudnn.cudnnTensorDescriptor;

/// The backward phase of [CudnnSoftmax], over whole rows: a mask that was added has no gradient,
/// and the scale is cuDNN's own factor.
final class CudnnSoftmaxGradient implements VendorCall {
  private final Backend backend;
  private final Cudnn cudnn;
  private final Descriptors descriptors = new Descriptors();
  private final cudnnTensorDescriptor rows;
  private final float scale;
  private final int length;
  private final Tensor p;
  private final Tensor dp;
  private final Tensor dscores;
  private final Tensor ours;

  /// @param ours p, dp and dscores (N,T,T) after one backward phase from a gradient of 0
  CudnnSoftmaxGradient(Backend backend, Scope scope, Cudnn cudnn, float scale, CaseTensors ours) {
    this.backend = backend;
    this.cudnn = cudnn;
    this.scale = scale;
    this.ours = ours.get("dscores");
    dp = Numbers.in(backend, scope, ElementType.FP32, ours.get("dp"));
    Shape shape = this.ours.shape();
    length = shape.dim(2);
    float[] weights = backend.readFloats(ours.get("p"));
    for (int k = 0; k < weights.length; k++) {
      weights[k] = CudnnSoftmax.above(k, length) ? 0 : weights[k]; // where ours holds anything
    }
    p = scope.floats(shape.dims());
    backend.write(p, weights);
    dscores = scope.zeros(shape.dims());
    rows = CudnnSoftmax.rows(descriptors, shape.dim(0) * length, length);
  }

  @Override
  public String functions() {
    return "cudnnSoftmaxBackward";
  }

  @Override
  public void run() {
    Cudnn.check(
        JCudnn.cudnnSoftmaxBackward(
            cudnn.handle(),
            cudnnSoftmaxAlgorithm.CUDNN_SOFTMAX_ACCURATE,
            cudnnSoftmaxMode.CUDNN_SOFTMAX_MODE_INSTANCE,
            Pointer.to(new float[] {scale}),
            rows,
            DevicePointer.to(p),
            rows,
            DevicePointer.to(dp),
            Pointer.to(new float[] {1}),
            rows,
            DevicePointer.to(dscores)),
        "cudnnSoftmaxBackward");
  }

  @Override
  public double difference() {
    backend.fill(dscores, 0);
    run();
    return Differences.largest(
        backend.readFloats(dscores),
        backend.readFloats(ours),
        place -> !CudnnSoftmax.above(place, length));
  }

  @Override
  public void close() {
    descriptors.close();
  }
}
