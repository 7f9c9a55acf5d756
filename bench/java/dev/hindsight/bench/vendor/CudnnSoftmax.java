package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.bench.device.BenchKernels;
import dev.hindsight.bench.vendor.Cudnn.Descriptors;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnSoftmaxAlgorithm;
import jcuda.jcudnn.cudnnSoftmaxMode;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;

/// The triangular softmax as most write it: a mask of zeros and -∞ is added, then a softmax over
/// whole rows.
final class CudnnSoftmax implements VendorCall {
  private static final int THREADS = 256;

  private final Backend backend;
  private final Cudnn cudnn;
  private final Descriptors descriptors = new Descriptors();
  private final cudnnTensorDescriptor rows;
  private final CudaKernel addMask;
  private final float scale;
  private final Tensor scores;
  private final Tensor mask;
  private final Tensor sum;
  private final Tensor p;
  private final Tensor ours;
  private final int length;

  /// @param ours (N,T,T)
  CudnnSoftmax(Backend backend, Scope scope, Cudnn cudnn, Tensor scores, float scale, Tensor ours) {
    this.backend = backend;
    this.cudnn = cudnn;
    this.scale = scale;
    this.ours = ours;
    length = scores.dim(2);
    this.scores = scope.floats(scores.shape().dims());
    float[] given = backend.readFloats(scores);
    for (int k = 0; k < given.length; k++) {
      given[k] = above(k) ? 0 : given[k]; // where ours holds NaN, which must not be read
    }
    backend.write(this.scores, given);
    mask = scope.floats(length, length);
    float[] triangle = new float[length * length];
    for (int k = 0; k < triangle.length; k++) {
      triangle[k] = above(k) ? Float.NEGATIVE_INFINITY : 0;
    }
    backend.write(mask, triangle);
    sum = scope.floats(scores.shape().dims());
    p = scope.zeros(scores.shape().dims());
    addMask = BenchKernels.load(backend, "dense_mask", "add_mask");
    rows = rows(descriptors, scores.dim(0) * length, length);
  }

  /// Rows of `length` numbers, which `CUDNN_SOFTMAX_MODE_INSTANCE` takes as channels of images of a
  /// pixel.
  static cudnnTensorDescriptor rows(Descriptors descriptors, int count, int length) {
    cudnnTensorDescriptor rows =
        descriptors.add(
            new cudnnTensorDescriptor(),
            JCudnn::cudnnCreateTensorDescriptor,
            JCudnn::cudnnDestroyTensorDescriptor);
    Cudnn.check(
        JCudnn.cudnnSetTensor4dDescriptor(
            rows,
            cudnnTensorFormat.CUDNN_TENSOR_NCHW,
            cudnnDataType.CUDNN_DATA_FLOAT,
            count,
            length,
            1,
            1),
        "cudnnSetTensor4dDescriptor");
    return rows;
  }

  /// Whether a place of matrices lies above the diagonal.
  static boolean above(int place, int length) {
    return place % length > place / length % length;
  }

  private boolean above(int place) {
    return above(place, length);
  }

  @Override
  public String functions() {
    return "add_mask + cudnnSoftmaxForward";
  }

  @Override
  public void run() {
    long size = scores.size();
    addMask.launch(
        Extent.of(Math.toIntExact(Math.ceilDiv(size, THREADS))),
        Extent.of(THREADS),
        0,
        scores,
        scale,
        mask,
        sum,
        length * length,
        size);
    Cudnn.check(
        JCudnn.cudnnSoftmaxForward(
            cudnn.handle(),
            cudnnSoftmaxAlgorithm.CUDNN_SOFTMAX_ACCURATE,
            cudnnSoftmaxMode.CUDNN_SOFTMAX_MODE_INSTANCE,
            Pointer.to(new float[] {1}),
            rows,
            DevicePointer.to(sum),
            Pointer.to(new float[] {0}),
            rows,
            DevicePointer.to(p)),
        "cudnnSoftmaxForward");
  }

  @Override
  public double difference() {
    return Differences.largest(
        backend.readFloats(p), backend.readFloats(ours), place -> !above(place));
  }

  @Override
  public void close() {
    descriptors.close();
  }
}
