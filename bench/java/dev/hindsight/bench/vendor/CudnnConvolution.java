package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Convolution.Layout;
import dev.hindsight.bench.vendor.Cudnn.Descriptors;
import dev.hindsight.tensor.OutOfMemoryException;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgo;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnStatus;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;
import org.jspecify.annotations.Nullable;

/// A convolution by cuDNN in one layout, with the algorithm that its own search finds fastest.
final class CudnnConvolution implements VendorCall {
  /// An even share of what a GPU has; cuDNN asks for less where it can.
  private static final long MOST_WORKSPACE = 1L << 30;

  private static final int ALGORITHMS = 8; // CUDNN_CONVOLUTION_FWD_ALGO_COUNT

  private final Backend backend;
  private final Cudnn cudnn;
  private final Convolution convolution;
  private final Layout layout;
  private final boolean half;
  private final Descriptors descriptors = new Descriptors();
  private final cudnnTensorDescriptor xDescriptor;
  private final cudnnFilterDescriptor wDescriptor;
  private final cudnnTensorDescriptor yDescriptor;
  private final cudnnConvolutionDescriptor how;
  private final Tensor x;
  private final Tensor w;
  private final Tensor y;
  private final Tensor bias;
  private final Tensor ours;
  private final cudnnConvolutionFwdAlgoPerf algorithm;
  private final @Nullable Tensor workspace;

  /// The faster of both layouts.
  ///
  /// @throws VendorException where cuDNN can do neither
  static CudnnConvolution fastest(
      Backend backend, Scope scope, Cudnn cudnn, Convolution c, Tensor bias, Tensor ours) {
    @Nullable CudnnConvolution best = null;
    @Nullable VendorException failure = null;
    for (Layout layout : Layout.values()) {
      try {
        var tried = new CudnnConvolution(backend, scope, cudnn, c, layout, bias, ours);
        if (best == null || tried.algorithm.time < best.algorithm.time) {
          best = tried;
        }
      } catch (VendorException e) {
        failure = e;
      }
    }
    if (best == null) {
      throw failure == null ? new VendorException("cuDNN: no layout was tried") : failure;
    }
    return best;
  }

  private CudnnConvolution(
      Backend backend,
      Scope scope,
      Cudnn cudnn,
      Convolution c,
      Layout layout,
      Tensor bias,
      Tensor ours) {
    this.backend = backend;
    this.cudnn = cudnn;
    this.convolution = c;
    this.layout = layout;
    this.bias = bias;
    this.ours = ours;
    half = backend.precision() == Precision.BF16;
    xDescriptor = tensor(c.inputs(), c.paddedWidth());
    yDescriptor = tensor(c.outputs(), c.width());
    wDescriptor = filter();
    how = convolution();
    x = numbers(scope, c.input(layout));
    w = numbers(scope, c.filter(layout));
    y = numbers(scope, new float[c.batch() * c.height() * c.width() * c.outputs()]);
    algorithm = search();
    workspace = workspace(scope);
  }

  private Tensor numbers(Scope scope, float[] values) {
    if (half) {
      return Bf16.tensor(backend, scope, values);
    }
    Tensor tensor = scope.floats(values.length);
    backend.write(tensor, values);
    return tensor;
  }

  private int type() {
    return half ? cudnnDataType.CUDNN_DATA_BFLOAT16 : cudnnDataType.CUDNN_DATA_FLOAT;
  }

  private int format() {
    return layout == Layout.NHWC
        ? cudnnTensorFormat.CUDNN_TENSOR_NHWC
        : cudnnTensorFormat.CUDNN_TENSOR_NCHW;
  }

  private cudnnTensorDescriptor tensor(int channels, int width) {
    cudnnTensorDescriptor tensor =
        descriptors.add(
            new cudnnTensorDescriptor(),
            JCudnn::cudnnCreateTensorDescriptor,
            JCudnn::cudnnDestroyTensorDescriptor);
    Cudnn.check(
        JCudnn.cudnnSetTensor4dDescriptor(
            tensor, format(), type(), convolution.batch(), channels, convolution.height(), width),
        "cudnnSetTensor4dDescriptor");
    return tensor;
  }

  private cudnnFilterDescriptor filter() {
    cudnnFilterDescriptor filter =
        descriptors.add(
            new cudnnFilterDescriptor(),
            JCudnn::cudnnCreateFilterDescriptor,
            JCudnn::cudnnDestroyFilterDescriptor);
    Cudnn.check(
        JCudnn.cudnnSetFilter4dDescriptor(
            filter,
            type(),
            format(),
            convolution.outputs(),
            convolution.inputs(),
            convolution.kernelHeight(),
            convolution.kernelWidth()),
        "cudnnSetFilter4dDescriptor");
    return filter;
  }

  private cudnnConvolutionDescriptor convolution() {
    cudnnConvolutionDescriptor made =
        descriptors.add(
            new cudnnConvolutionDescriptor(),
            JCudnn::cudnnCreateConvolutionDescriptor,
            JCudnn::cudnnDestroyConvolutionDescriptor);
    Cudnn.check(
        JCudnn.cudnnSetConvolution2dDescriptor(
            made,
            convolution.padHeight(),
            convolution.padWidth(),
            1,
            1,
            convolution.dilation(),
            convolution.dilation(),
            cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
            cudnnDataType.CUDNN_DATA_FLOAT),
        "cudnnSetConvolution2dDescriptor");
    int math =
        switch (backend.precision()) {
          case FP32 -> cudnnMathType.CUDNN_FMA_MATH;
          case TF32 -> cudnnMathType.CUDNN_DEFAULT_MATH; // which lets fp32 be tf32
          case BF16 -> cudnnMathType.CUDNN_TENSOR_OP_MATH;
        };
    Cudnn.check(JCudnn.cudnnSetConvolutionMathType(made, math), "cudnnSetConvolutionMathType");
    return made;
  }

  private cudnnConvolutionFwdAlgoPerf search() {
    var found = new cudnnConvolutionFwdAlgoPerf[ALGORITHMS];
    Arrays.setAll(found, _ -> new cudnnConvolutionFwdAlgoPerf());
    int[] count = new int[1];
    Cudnn.check(
        JCudnn.cudnnFindConvolutionForwardAlgorithm(
            cudnn.handle(), xDescriptor, wDescriptor, how, yDescriptor, ALGORITHMS, count, found),
        "cudnnFindConvolutionForwardAlgorithm");
    return Stream.of(found)
        .limit(count[0])
        .filter(each -> each.status == cudnnStatus.CUDNN_STATUS_SUCCESS)
        .filter(each -> each.memory <= MOST_WORKSPACE)
        .findFirst() // they come in the order of their times
        .orElseThrow(
            () ->
                new VendorException(
                    "cuDNN: wanted an algorithm for %s in at most %d MiB of workspace, got none of %d"
                        .formatted(layout, MOST_WORKSPACE >> 20, count[0])));
  }

  private @Nullable Tensor workspace(Scope scope) {
    if (algorithm.memory == 0) {
      return null;
    }
    try {
      return scope.floats(Math.toIntExact(Math.ceilDiv(algorithm.memory, Float.BYTES)));
    } catch (OutOfMemoryException e) {
      throw new VendorException(
          "cuDNN: wanted a workspace of %d MiB for %s, got: %s"
              .formatted(algorithm.memory >> 20, name(), e.getMessage()));
    }
  }

  private String name() {
    return cudnnConvolutionFwdAlgo
        .stringFor(algorithm.algo)
        .replace("CUDNN_CONVOLUTION_FWD_ALGO_", "")
        .toLowerCase(Locale.ROOT);
  }

  @Override
  public String functions() {
    return "cudnnConvolutionForward";
  }

  @Override
  public String note() {
    return "%s, %s%s; without bias".formatted(name(), layout, half ? ", x, w and y in bf16" : "");
  }

  @Override
  public void run() {
    Cudnn.check(
        JCudnn.cudnnConvolutionForward(
            cudnn.handle(),
            Pointer.to(new float[] {1}),
            xDescriptor,
            DevicePointer.to(x),
            wDescriptor,
            DevicePointer.to(w),
            how,
            algorithm.algo,
            workspace == null ? new DevicePointer() : DevicePointer.to(workspace),
            algorithm.memory,
            Pointer.to(new float[] {0}),
            yDescriptor,
            DevicePointer.to(y)),
        "cudnnConvolutionForward");
  }

  @Override
  public double difference() {
    int count = convolution.batch() * convolution.height() * convolution.width();
    float[] theirs =
        half ? Bf16.read(backend, y, count * convolution.outputs()) : backend.readFloats(y);
    return Differences.largest(
        convolution.output(layout, theirs, backend.readFloats(bias)), backend.readFloats(ours));
  }

  @Override
  public void close() {
    descriptors.close();
  }
}
