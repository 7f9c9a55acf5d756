package dev.hindsight.bench.vendor;

import static dev.hindsight.bench.vendor.Given.at;

import dev.hindsight.backend.cuda.CudaKernel;
import dev.hindsight.backend.cuda.CudaKernel.Extent;
import dev.hindsight.bench.device.BenchKernels;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.ElementType;
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
record SoftmaxCalls(Given given, Cudnn cudnn, float scale) {
  private static final int THREADS = 256;
  private static final int ALGORITHM = cudnnSoftmaxAlgorithm.CUDNN_SOFTMAX_ACCURATE;
  private static final int MODE = cudnnSoftmaxMode.CUDNN_SOFTMAX_MODE_INSTANCE;

  /// @param ours scores and p (N,T,T)
  VendorCall forward(CaseTensors ours) {
    Tensor scores = lowerTriangle(ours.get("scores"), 0);
    int length = scores.dim(2);
    int area = length * length;
    Tensor zeros = given.scope().zeros(1, length, length);
    Tensor mask = lowerTriangle(zeros, Float.NEGATIVE_INFINITY);
    Tensor sum = given.scope().floats(scores.shape().dims());
    Tensor p = given.scope().zeros(scores.shape().dims());
    CudaKernel addMask = BenchKernels.load(given.backend(), "dense_mask", "add_mask");
    cudnnTensorDescriptor rows = rows(scores);
    Pointer one = Pointer.to(new float[] {1});
    Pointer none = Pointer.to(new float[] {0});
    long size = scores.size();
    Extent blocks = Extent.of(Math.toIntExact(Math.ceilDiv(size, THREADS)));
    return new VendorCall(
        "add_mask + cudnnSoftmaxForward",
        "",
        () -> {
          addMask.launch(blocks, Extent.of(THREADS), 0, scores, scale, mask, sum, area, size);
          Cudnn.check(
              JCudnn.cudnnSoftmaxForward(
                  cudnn.handle(), ALGORITHM, MODE, one, rows, at(sum), none, rows, at(p)),
              "cudnnSoftmaxForward");
        },
        () -> difference(p, ours.get("p")));
  }

  /// Over whole rows: a mask that was added has no gradient, and the scale is cuDNN's own factor.
  ///
  /// @param ours p, dp and dscores (N,T,T) after one backward phase from a gradient of 0
  VendorCall backward(CaseTensors ours) {
    Tensor dp = given.in(ElementType.FP32, ours.get("dp"));
    Tensor p = lowerTriangle(ours.get("p"), 0);
    Tensor ds = given.scope().zeros(p.shape().dims());
    cudnnTensorDescriptor rows = rows(p);
    Pointer one = Pointer.to(new float[] {1});
    Pointer by = Pointer.to(new float[] {scale});
    Runnable run =
        () ->
            Cudnn.check(
                JCudnn.cudnnSoftmaxBackward(
                    cudnn.handle(),
                    ALGORITHM,
                    MODE,
                    by,
                    rows,
                    at(p),
                    rows,
                    at(dp),
                    one,
                    rows,
                    at(ds)),
                "cudnnSoftmaxBackward");
    return new VendorCall(
        "cudnnSoftmaxBackward",
        "",
        run,
        () -> {
          given.scope().clear(ds);
          run.run();
          return difference(ds, ours.get("dscores"));
        });
  }

  /// A copy with one number above the diagonal, where ours holds anything.
  private Tensor lowerTriangle(Tensor matrices, float above) {
    float[] values = given.backend().readFloats(matrices);
    for (int k = 0; k < values.length; k++) {
      values[k] = isAbove(k, matrices.dim(2)) ? above : values[k];
    }
    return given.tensor(ElementType.FP32, values, matrices.shape().dims());
  }

  private static boolean isAbove(int place, int length) {
    return place % length > place / length % length;
  }

  private double difference(Tensor theirs, Tensor ours) {
    float[] values = given.backend().readFloats(theirs);
    return given.difference(values, ours, k -> !isAbove(k, ours.dim(2)));
  }

  /// The rows of matrices, which `CUDNN_SOFTMAX_MODE_INSTANCE` takes as channels of images of a
  /// pixel.
  private cudnnTensorDescriptor rows(Tensor matrices) {
    int length = matrices.dim(2);
    return cudnn.tensor(
        cudnnTensorFormat.CUDNN_TENSOR_NCHW,
        cudnnDataType.CUDNN_DATA_FLOAT,
        matrices.dim(0) * length,
        length,
        1,
        1);
  }
}
