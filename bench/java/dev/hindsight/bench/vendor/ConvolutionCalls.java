package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Convolution.Layout;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
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

/// A convolution by cuDNN with the algorithms that its own search finds fastest, in the layout that
/// NVIDIA recommends: channels last for tensor cores, else first.
final class ConvolutionCalls {
  /// An even share of what a GPU has; cuDNN asks for less where it can.
  private static final long MOST_WORKSPACE = 1L << 30;

  private static final int MOST_ALGORITHMS = 8; // CUDNN_CONVOLUTION_FWD_ALGO_COUNT

  private final Backend backend;
  private final Scope scope;
  private final Cudnn cudnn;
  private final Convolution convolution;
  private final Layout layout;
  private final boolean half;
  private final cudnnTensorDescriptor xs;
  private final cudnnFilterDescriptor ws;
  private final cudnnTensorDescriptor ys;
  private final cudnnConvolutionDescriptor how;
  private final Tensor x;
  private final Tensor w;

  /// One way of computing it, as cuDNN's search reports it.
  ///
  /// @param bytes of workspace
  private record Algorithm(int number, String name, int status, long bytes) {
    /// `gemm` or `algorithm 1`: for people.
    String shortName() {
      return name.replaceFirst("CUDNN_CONVOLUTION_(FWD|BWD_DATA|BWD_FILTER)_ALGO_", "")
          .replaceFirst("^([0-9]+)$", "algorithm $1")
          .toLowerCase(Locale.ROOT);
    }
  }

  /// @param ours x and w of the case
  ConvolutionCalls(Backend backend, Scope scope, Cudnn cudnn, Convolution c, CaseTensors ours) {
    this.backend = backend;
    this.scope = scope;
    this.cudnn = cudnn;
    this.convolution = c;
    half = backend.precision() == Precision.BF16;
    layout = backend.precision() == Precision.FP32 ? Layout.NCHW : Layout.NHWC;
    xs = describe(c.inputs(), c.paddedWidth());
    ys = describe(c.outputs(), c.width());
    ws = describeFilter();
    how = describeConvolution();
    x = given(ours.get("x"), c.ofInput(layout), c.inputSize());
    w = given(ours.get("w"), c.ofFilter(layout), c.filterSize());
  }

  /// Numbers of ours as cuDNN reads them.
  private Tensor given(Tensor ours, IntUnaryOperator place, int size) {
    float[] theirs = Convolution.scatter(backend.readFloats(ours), place, size);
    return VendorCall.tensor(backend, scope, backend.storage(), theirs);
  }

  private int type() {
    return half ? cudnnDataType.CUDNN_DATA_BFLOAT16 : cudnnDataType.CUDNN_DATA_FLOAT;
  }

  private int format() {
    return layout == Layout.NHWC
        ? cudnnTensorFormat.CUDNN_TENSOR_NHWC
        : cudnnTensorFormat.CUDNN_TENSOR_NCHW;
  }

  private cudnnTensorDescriptor describe(int channels, int width) {
    cudnnTensorDescriptor tensor = cudnn.tensorDescriptor();
    Cudnn.check(
        JCudnn.cudnnSetTensor4dDescriptor(
            tensor, format(), type(), convolution.batch(), channels, convolution.height(), width),
        "cudnnSetTensor4dDescriptor");
    return tensor;
  }

  private cudnnFilterDescriptor describeFilter() {
    cudnnFilterDescriptor filter =
        cudnn.descriptor(
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

  private cudnnConvolutionDescriptor describeConvolution() {
    cudnnConvolutionDescriptor made =
        cudnn.descriptor(
            new cudnnConvolutionDescriptor(),
            JCudnn::cudnnCreateConvolutionDescriptor,
            JCudnn::cudnnDestroyConvolutionDescriptor);
    int pad = convolution.pad();
    int dilation = convolution.dilation();
    Cudnn.check(
        JCudnn.cudnnSetConvolution2dDescriptor(
            made,
            pad,
            pad,
            1,
            1,
            dilation,
            dilation,
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

  /// The fastest that works in a workspace that is not too large.
  ///
  /// @param found in the order of their times
  private Algorithm best(int[] count, Stream<Algorithm> found) {
    return found
        .limit(count[0])
        .filter(each -> each.status == cudnnStatus.CUDNN_STATUS_SUCCESS)
        .filter(each -> each.bytes <= MOST_WORKSPACE)
        .findFirst()
        .orElseThrow(
            () ->
                new VendorException(
                    "cuDNN: wanted an algorithm for %s in at most %d MiB of workspace, got none of %d"
                        .formatted(layout, MOST_WORKSPACE >> 20, count[0])));
  }

  private Tensor workspace(Algorithm algorithm) {
    return Cudnn.space(scope, algorithm.bytes, "the workspace of " + algorithm.shortName());
  }

  private Algorithm searchForward() {
    var found = new cudnnConvolutionFwdAlgoPerf[MOST_ALGORITHMS];
    Arrays.setAll(found, _ -> new cudnnConvolutionFwdAlgoPerf());
    int[] count = new int[1];
    Cudnn.check(
        JCudnn.cudnnFindConvolutionForwardAlgorithm(
            cudnn.handle(), xs, ws, how, ys, MOST_ALGORITHMS, count, found),
        "cudnnFindConvolutionForwardAlgorithm");
    return best(
        count,
        Stream.of(found)
            .map(
                a ->
                    new Algorithm(
                        a.algo, cudnnConvolutionFwdAlgo.stringFor(a.algo), a.status, a.memory)));
  }

  private Algorithm searchBackwardData() {
    var found = new cudnnConvolutionBwdDataAlgoPerf[MOST_ALGORITHMS];
    Arrays.setAll(found, _ -> new cudnnConvolutionBwdDataAlgoPerf());
    int[] count = new int[1];
    Cudnn.check(
        JCudnn.cudnnFindConvolutionBackwardDataAlgorithm(
            cudnn.handle(), ws, ys, how, xs, MOST_ALGORITHMS, count, found),
        "cudnnFindConvolutionBackwardDataAlgorithm");
    return best(
        count,
        Stream.of(found)
            .map(
                a ->
                    new Algorithm(
                        a.algo,
                        cudnnConvolutionBwdDataAlgo.stringFor(a.algo),
                        a.status,
                        a.memory)));
  }

  private Algorithm searchBackwardFilter() {
    var found = new cudnnConvolutionBwdFilterAlgoPerf[MOST_ALGORITHMS];
    Arrays.setAll(found, _ -> new cudnnConvolutionBwdFilterAlgoPerf());
    int[] count = new int[1];
    Cudnn.check(
        JCudnn.cudnnFindConvolutionBackwardFilterAlgorithm(
            cudnn.handle(), xs, ys, how, ws, MOST_ALGORITHMS, count, found),
        "cudnnFindConvolutionBackwardFilterAlgorithm");
    return best(
        count,
        Stream.of(found)
            .map(
                a ->
                    new Algorithm(
                        a.algo,
                        cudnnConvolutionBwdFilterAlgo.stringFor(a.algo),
                        a.status,
                        a.memory)));
  }

  /// @param plain our output without a bias
  VendorCall forward(Tensor plain) {
    Tensor y = scope.tensor(backend.storage(), convolution.outputSize());
    scope.clear(y);
    Algorithm algorithm = searchForward();
    Tensor workspace = workspace(algorithm);
    Runnable run =
        () ->
            Cudnn.check(
                JCudnn.cudnnConvolutionForward(
                    cudnn.handle(),
                    Pointer.to(new float[] {1}),
                    xs,
                    DevicePointer.to(x),
                    ws,
                    DevicePointer.to(w),
                    how,
                    algorithm.number,
                    DevicePointer.to(workspace),
                    algorithm.bytes,
                    Pointer.to(new float[] {0}),
                    ys,
                    DevicePointer.to(y)),
                "cudnnConvolutionForward");
    return new VendorCall(
        "cudnnConvolutionForward",
        "%s, %s; without bias".formatted(algorithm.shortName(), layout),
        run,
        () -> difference(y, convolution.ofOutput(layout), plain));
  }

  /// Gradients of the input and of the weights, which are added to what is there as ours are.
  ///
  /// @param ours dy, dx and dw after one backward phase from gradients of 0
  VendorCall backward(CaseTensors ours) {
    Tensor dy = given(ours.get("dy"), convolution.ofOutput(layout), convolution.outputSize());
    Tensor dx = scope.tensor(backend.storage(), convolution.inputSize());
    Tensor dw = scope.tensor(backend.storage(), convolution.filterSize());
    Algorithm ofInput = searchBackwardData();
    Algorithm ofWeights = searchBackwardFilter();
    Tensor first = workspace(ofInput);
    Tensor second = workspace(ofWeights);
    Pointer one = Pointer.to(new float[] {1});
    Runnable run =
        () -> {
          Cudnn.check(
              JCudnn.cudnnConvolutionBackwardData(
                  cudnn.handle(),
                  one,
                  ws,
                  DevicePointer.to(w),
                  ys,
                  DevicePointer.to(dy),
                  how,
                  ofInput.number,
                  DevicePointer.to(first),
                  ofInput.bytes,
                  one,
                  xs,
                  DevicePointer.to(dx)),
              "cudnnConvolutionBackwardData");
          Cudnn.check(
              JCudnn.cudnnConvolutionBackwardFilter(
                  cudnn.handle(),
                  one,
                  xs,
                  DevicePointer.to(x),
                  ys,
                  DevicePointer.to(dy),
                  how,
                  ofWeights.number,
                  DevicePointer.to(second),
                  ofWeights.bytes,
                  one,
                  ws,
                  DevicePointer.to(dw)),
              "cudnnConvolutionBackwardFilter");
        };
    return new VendorCall(
        "cudnnConvolutionBackwardData + Filter",
        "dx by %s, dw by %s, %s; without db"
            .formatted(ofInput.shortName(), ofWeights.shortName(), layout),
        run,
        () -> {
          backend.fill(dx, 0);
          backend.fill(dw, 0);
          run.run();
          return Math.max(
              difference(dx, convolution.ofInput(layout), ours.get("dx")),
              difference(dw, convolution.ofFilter(layout), ours.get("dw")));
        });
  }

  private double difference(Tensor theirs, IntUnaryOperator place, Tensor ours) {
    float[] values = backend.readFloats(ours);
    float[] inOurOrder = Convolution.gather(backend.readFloats(theirs), place, values.length);
    return VendorCall.largest(inOurOrder, values);
  }
}
