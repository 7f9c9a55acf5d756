package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.bench.device.BenchKernels;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.ElementType;
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
/// whole rows. In fp32.
record SoftmaxCalls(Backend backend, Scope scope, Cudnn cudnn) {
  private static final int THREADS = 256;

  /// @param scores and `ours` (N,T,T)
  VendorCall forward(Tensor scores, float scale, Tensor ours) {
    int length = scores.dim(2);
    Tensor given = lowerTriangle(scores);
    float[] triangle = new float[length * length];
    for (int k = 0; k < triangle.length; k++) {
      triangle[k] = above(k, length) ? Float.NEGATIVE_INFINITY : 0;
    }
    Tensor mask = VendorCall.tensor(backend, scope, ElementType.FP32, triangle);
    Tensor sum = scope.floats(scores.shape().dims());
    Tensor p = scope.zeros(scores.shape().dims());
    CudaKernel addMask = BenchKernels.load(backend, "dense_mask", "add_mask");
    cudnnTensorDescriptor rows = rows(scores);
    long size = scores.size();
    Extent blocks = Extent.of(Math.toIntExact(Math.ceilDiv(size, THREADS)));
    return new VendorCall(
        "add_mask + cudnnSoftmaxForward",
        "",
        () -> {
          addMask.launch(
              blocks, Extent.of(THREADS), 0, given, scale, mask, sum, triangle.length, size);
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
        },
        () -> difference(p, ours));
  }

  /// Over whole rows: a mask that was added has no gradient, and the scale is cuDNN's own factor.
  ///
  /// @param ours p, dp and dscores (N,T,T) after one backward phase from a gradient of 0
  VendorCall backward(CaseTensors ours, float scale) {
    Tensor dp = VendorCall.in(backend, scope, ElementType.FP32, ours.get("dp"));
    Tensor p = lowerTriangle(ours.get("p"));
    Tensor dscores = scope.zeros(p.shape().dims());
    cudnnTensorDescriptor rows = rows(p);
    Runnable run =
        () ->
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
    return new VendorCall(
        "cudnnSoftmaxBackward",
        "",
        run,
        () -> {
          backend.fill(dscores, 0);
          run.run();
          return difference(dscores, ours.get("dscores"));
        });
  }

  /// A copy with zeros above the diagonal, where ours holds anything.
  private Tensor lowerTriangle(Tensor matrices) {
    float[] values = backend.readFloats(matrices);
    for (int k = 0; k < values.length; k++) {
      values[k] = above(k, matrices.dim(2)) ? 0 : values[k];
    }
    Tensor copy = scope.floats(matrices.shape().dims());
    backend.write(copy, values);
    return copy;
  }

  private static boolean above(int place, int length) {
    return place % length > place / length % length;
  }

  private double difference(Tensor theirs, Tensor ours) {
    int length = ours.dim(2);
    return VendorCall.largest(
        backend.readFloats(theirs), backend.readFloats(ours), k -> !above(k, length));
  }

  /// The rows of matrices, which `CUDNN_SOFTMAX_MODE_INSTANCE` takes as channels of images of a
  /// pixel.
  private cudnnTensorDescriptor rows(Tensor matrices) {
    cudnnTensorDescriptor rows = cudnn.tensorDescriptor();
    int length = matrices.dim(2);
    Cudnn.check(
        JCudnn.cudnnSetTensor4dDescriptor(
            rows,
            cudnnTensorFormat.CUDNN_TENSOR_NCHW,
            cudnnDataType.CUDNN_DATA_FLOAT,
            matrices.dim(0) * length,
            length,
            1,
            1),
        "cudnnSetTensor4dDescriptor");
    return rows;
  }
}
