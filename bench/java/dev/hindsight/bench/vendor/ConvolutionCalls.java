package dev.hindsight.bench.vendor;

import static dev.hindsight.bench.vendor.Given.at;

import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Convolution.Kernel;
import dev.hindsight.bench.vendor.Convolution.Layout;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.Tensor;
import java.util.Locale;
import java.util.function.Function;
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
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnStatus;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;

/// A convolution by cuDNN with the algorithms that its own search finds fastest, in the layout that
/// NVIDIA recommends: channels last for tensor cores, else first.
final class ConvolutionCalls {
  /// An even share of what a GPU has; cuDNN asks for less where it can.
  private static final long MOST_WORKSPACE = 1L << 30;

  private static final int MOST = 8; // CUDNN_CONVOLUTION_FWD_ALGO_COUNT

  private static final Pointer ONE = Pointer.to(new float[] {1});
  private static final Pointer NONE = Pointer.to(new float[] {0});

  private final Given given;
  private final Cudnn cudnn;
  private final cudnnHandle handle;
  private final Convolution convolution;
  private final Precision precision;
  private final Layout layout;
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
  ConvolutionCalls(Given given, Cudnn cudnn, Convolution c, CaseTensors ours) {
    this.given = given;
    this.cudnn = cudnn;
    this.handle = cudnn.handle();
    this.convolution = c;
    precision = given.backend().precision();
    layout = precision == Precision.FP32 ? Layout.NCHW : Layout.NHWC;
    xs = cudnn.tensor(format(), type(), c.batch(), c.inputs(), c.height(), c.paddedWidth());
    ys = cudnn.tensor(format(), type(), c.batch(), c.outputs(), c.height(), c.width());
    ws = filter(c.kernel());
    how = convolution(c.kernel());
    x = theirs(ours.get("x"), c.ofInput(layout), c.inputSize());
    w = theirs(ours.get("w"), c.ofFilter(layout), c.filterSize());
  }

  /// Numbers of ours as cuDNN reads them.
  private Tensor theirs(Tensor ours, IntUnaryOperator place, int size) {
    float[] values = Convolution.scatter(given.backend().readFloats(ours), place, size);
    return given.tensor(given.backend().storage(), values, size);
  }

  private int type() {
    return precision == Precision.BF16
        ? cudnnDataType.CUDNN_DATA_BFLOAT16
        : cudnnDataType.CUDNN_DATA_FLOAT;
  }

  private int format() {
    return layout == Layout.NHWC
        ? cudnnTensorFormat.CUDNN_TENSOR_NHWC
        : cudnnTensorFormat.CUDNN_TENSOR_NCHW;
  }

  private cudnnFilterDescriptor filter(Kernel kernel) {
    cudnnFilterDescriptor filter =
        cudnn.descriptor(
            new cudnnFilterDescriptor(),
            JCudnn::cudnnCreateFilterDescriptor,
            JCudnn::cudnnDestroyFilterDescriptor);
    int outputs = convolution.outputs();
    int inputs = convolution.inputs();
    Cudnn.check(
        JCudnn.cudnnSetFilter4dDescriptor(
            filter, type(), format(), outputs, inputs, kernel.height(), kernel.width()),
        "cudnnSetFilter4dDescriptor");
    return filter;
  }

  private cudnnConvolutionDescriptor convolution(Kernel kernel) {
    cudnnConvolutionDescriptor made =
        cudnn.descriptor(
            new cudnnConvolutionDescriptor(),
            JCudnn::cudnnCreateConvolutionDescriptor,
            JCudnn::cudnnDestroyConvolutionDescriptor);
    int pad = kernel.pad();
    int dilation = kernel.dilation();
    int mode = cudnnConvolutionMode.CUDNN_CROSS_CORRELATION;
    int sums = cudnnDataType.CUDNN_DATA_FLOAT;
    Cudnn.check(
        JCudnn.cudnnSetConvolution2dDescriptor(
            made, pad, pad, 1, 1, dilation, dilation, mode, sums),
        "cudnnSetConvolution2dDescriptor");
    int math =
        switch (precision) {
          case FP32 -> cudnnMathType.CUDNN_FMA_MATH;
          case TF32 -> cudnnMathType.CUDNN_DEFAULT_MATH; // which lets fp32 be tf32
          case BF16 -> cudnnMathType.CUDNN_TENSOR_OP_MATH;
        };
    Cudnn.check(JCudnn.cudnnSetConvolutionMathType(made, math), "cudnnSetConvolutionMathType");
    return made;
  }

  private interface Search {
    int find(int[] count);
  }

  /// The fastest that works in a workspace that is not too large.
  ///
  /// @param found is filled in the order of their times
  private <P> Algorithm best(String name, P[] found, Search search, Function<P, Algorithm> read) {
    int[] count = new int[1];
    Cudnn.check(search.find(count), name);
    return Stream.of(found)
        .limit(count[0])
        .map(read)
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
    return Cudnn.space(given.scope(), algorithm.bytes, "the workspace of " + algorithm.shortName());
  }

  private Algorithm searchForward() {
    var found =
        Stream.generate(cudnnConvolutionFwdAlgoPerf::new)
            .limit(MOST)
            .toArray(cudnnConvolutionFwdAlgoPerf[]::new);
    return best(
        "cudnnFindConvolutionForwardAlgorithm",
        found,
        n -> JCudnn.cudnnFindConvolutionForwardAlgorithm(handle, xs, ws, how, ys, MOST, n, found),
        a -> new Algorithm(a.algo, cudnnConvolutionFwdAlgo.stringFor(a.algo), a.status, a.memory));
  }

  private Algorithm searchBackwardData() {
    var found =
        Stream.generate(cudnnConvolutionBwdDataAlgoPerf::new)
            .limit(MOST)
            .toArray(cudnnConvolutionBwdDataAlgoPerf[]::new);
    return best(
        "cudnnFindConvolutionBackwardDataAlgorithm",
        found,
        n ->
            JCudnn.cudnnFindConvolutionBackwardDataAlgorithm(
                handle, ws, ys, how, xs, MOST, n, found),
        a ->
            new Algorithm(
                a.algo, cudnnConvolutionBwdDataAlgo.stringFor(a.algo), a.status, a.memory));
  }

  private Algorithm searchBackwardFilter() {
    var found =
        Stream.generate(cudnnConvolutionBwdFilterAlgoPerf::new)
            .limit(MOST)
            .toArray(cudnnConvolutionBwdFilterAlgoPerf[]::new);
    return best(
        "cudnnFindConvolutionBackwardFilterAlgorithm",
        found,
        n ->
            JCudnn.cudnnFindConvolutionBackwardFilterAlgorithm(
                handle, xs, ys, how, ws, MOST, n, found),
        a ->
            new Algorithm(
                a.algo, cudnnConvolutionBwdFilterAlgo.stringFor(a.algo), a.status, a.memory));
  }

  /// @param plain our output without a bias
  VendorCall forward(Tensor plain) {
    Tensor y = given.zeros(convolution.outputSize());
    Algorithm by = searchForward();
    Tensor space = workspace(by);
    Runnable run =
        () ->
            Cudnn.check(
                JCudnn.cudnnConvolutionForward(
                    handle, ONE, xs, at(x), ws, at(w), how, by.number, at(space), by.bytes, NONE,
                    ys, at(y)),
                "cudnnConvolutionForward");
    return new VendorCall(
        "cudnnConvolutionForward",
        "%s, %s; without bias".formatted(by.shortName(), layout),
        run,
        () -> difference(y, convolution.ofOutput(layout), plain));
  }

  /// Gradients of the input and of the weights, which are added to what is there as ours are.
  ///
  /// @param ours dy, dx and dw after one backward phase from gradients of 0
  VendorCall backward(CaseTensors ours) {
    Tensor dy = theirs(ours.get("dy"), convolution.ofOutput(layout), convolution.outputSize());
    Tensor dx = given.zeros(convolution.inputSize());
    Tensor dw = given.zeros(convolution.filterSize());
    Algorithm ofInput = searchBackwardData();
    Algorithm ofWeights = searchBackwardFilter();
    Tensor first = workspace(ofInput);
    Tensor second = workspace(ofWeights);
    Runnable run =
        () -> {
          Cudnn.check(
              JCudnn.cudnnConvolutionBackwardData(
                  handle,
                  ONE,
                  ws,
                  at(w),
                  ys,
                  at(dy),
                  how,
                  ofInput.number,
                  at(first),
                  ofInput.bytes,
                  ONE,
                  xs,
                  at(dx)),
              "cudnnConvolutionBackwardData");
          Cudnn.check(
              JCudnn.cudnnConvolutionBackwardFilter(
                  handle,
                  ONE,
                  xs,
                  at(x),
                  ys,
                  at(dy),
                  how,
                  ofWeights.number,
                  at(second),
                  ofWeights.bytes,
                  ONE,
                  ws,
                  at(dw)),
              "cudnnConvolutionBackwardFilter");
        };
    return new VendorCall(
        "cudnnConvolutionBackwardData + Filter",
        "dx by %s, dw by %s, %s; without db"
            .formatted(ofInput.shortName(), ofWeights.shortName(), layout),
        run,
        () -> {
          given.scope().clear(dx);
          given.scope().clear(dw);
          run.run();
          return Math.max(
              difference(dx, convolution.ofInput(layout), ours.get("dx")),
              difference(dw, convolution.ofFilter(layout), ours.get("dw")));
        });
  }

  private double difference(Tensor theirs, IntUnaryOperator place, Tensor ours) {
    float[] values = given.backend().readFloats(theirs);
    int size = Math.toIntExact(ours.size());
    return given.difference(Convolution.gather(values, place, size), ours, _ -> true);
  }
}
