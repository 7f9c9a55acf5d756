package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Convolution.Layout;
import dev.hindsight.bench.vendor.Cudnn.Descriptors;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnStatus;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;
import org.jspecify.annotations.Nullable;

/// What cuDNN is told of a convolution in one layout, in either direction.
final class ConvolutionSetup implements AutoCloseable {
  /// An even share of what a GPU has; cuDNN asks for less where it can.
  private static final long MOST_WORKSPACE = 1L << 30;

  final Backend backend;
  final Cudnn cudnn;
  final Convolution convolution;
  final Layout layout;
  final boolean half;
  final cudnnTensorDescriptor x;
  final cudnnFilterDescriptor w;
  final cudnnTensorDescriptor y;
  final cudnnConvolutionDescriptor how;
  private final Descriptors descriptors = new Descriptors();

  ConvolutionSetup(Backend backend, Cudnn cudnn, Convolution c, Layout layout) {
    this.backend = backend;
    this.cudnn = cudnn;
    this.convolution = c;
    this.layout = layout;
    half = backend.precision() == Precision.BF16;
    x = tensor(c.inputs(), c.paddedWidth());
    y = tensor(c.outputs(), c.width());
    w = filter();
    how = how();
  }

  /// What the faster of both layouts gives.
  ///
  /// @throws VendorException where cuDNN can do neither
  static <T extends VendorCall> T fastest(
      Function<Layout, T> inLayout, ToDoubleFunction<T> milliseconds) {
    @Nullable T best = null;
    @Nullable VendorException failure = null;
    for (Layout layout : Layout.values()) {
      try {
        T tried = inLayout.apply(layout);
        if (best == null) {
          best = tried;
        } else if (milliseconds.applyAsDouble(tried) < milliseconds.applyAsDouble(best)) {
          best.close();
          best = tried;
        } else {
          tried.close();
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

  /// Numbers as cuDNN gets them, in bf16 in that precision.
  Tensor numbers(Scope scope, float[] values) {
    return Numbers.of(backend, scope, backend.storage(), values);
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

  private cudnnConvolutionDescriptor how() {
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

  /// One way of computing it, as cuDNN's search reports it.
  ///
  /// @param name `CUDNN_CONVOLUTION_FWD_ALGO_GEMM`
  /// @param milliseconds in the search
  /// @param workspace bytes
  record Algorithm(int number, String name, int status, float milliseconds, long workspace) {
    /// `gemm` or `algorithm 1`: for people.
    String shortName() {
      return name.replaceFirst("CUDNN_CONVOLUTION_(FWD|BWD_DATA|BWD_FILTER)_ALGO_", "")
          .replaceFirst("^([0-9]+)$", "algorithm $1")
          .toLowerCase(Locale.ROOT);
    }
  }

  /// The fastest that works in a workspace that is not too large.
  ///
  /// @param found in the order of their times
  Algorithm best(int count, Stream<Algorithm> found) {
    return found
        .limit(count)
        .filter(each -> each.status == cudnnStatus.CUDNN_STATUS_SUCCESS)
        .filter(each -> each.workspace <= MOST_WORKSPACE)
        .findFirst()
        .orElseThrow(
            () ->
                new VendorException(
                    "cuDNN: wanted an algorithm for %s in at most %d MiB of workspace, got none of %d"
                        .formatted(layout, MOST_WORKSPACE >> 20, count)));
  }

  static Tensor workspace(Scope scope, Algorithm algorithm) {
    return Cudnn.space(scope, algorithm.workspace, "the workspace of " + algorithm.shortName());
  }

  @Override
  public void close() {
    descriptors.close();
  }
}
