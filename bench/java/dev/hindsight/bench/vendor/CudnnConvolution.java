package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.bench.vendor.ConvolutionSetup.Algorithm;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionFwdAlgo;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;

/// A convolution by cuDNN in one layout, with the algorithm that its own search finds fastest.
final class CudnnConvolution implements VendorCall {
  private static final int ALGORITHMS = 8; // CUDNN_CONVOLUTION_FWD_ALGO_COUNT

  private final ConvolutionSetup setup;
  private final Tensor x;
  private final Tensor w;
  private final Tensor y;
  private final Tensor bias;
  private final Tensor ours;
  private final Algorithm algorithm;
  private final Tensor workspace;

  /// In the faster of both layouts.
  ///
  /// @throws VendorException where cuDNN can do neither
  static CudnnConvolution fastest(
      Backend backend, Scope scope, Cudnn cudnn, Convolution c, Tensor bias, Tensor ours) {
    return ConvolutionSetup.fastest(
        layout ->
            new CudnnConvolution(
                new ConvolutionSetup(backend, cudnn, c, layout), scope, bias, ours),
        each -> each.algorithm.milliseconds());
  }

  private CudnnConvolution(ConvolutionSetup setup, Scope scope, Tensor bias, Tensor ours) {
    this.setup = setup;
    this.bias = bias;
    this.ours = ours;
    Convolution c = setup.convolution;
    x = setup.numbers(scope, c.input(setup.layout));
    w = setup.numbers(scope, c.filter(setup.layout));
    y = setup.numbers(scope, new float[c.outputSize()]);
    algorithm = search();
    workspace = ConvolutionSetup.workspace(scope, algorithm);
  }

  private Algorithm search() {
    var found = new cudnnConvolutionFwdAlgoPerf[ALGORITHMS];
    Arrays.setAll(found, _ -> new cudnnConvolutionFwdAlgoPerf());
    int[] count = new int[1];
    Cudnn.check(
        JCudnn.cudnnFindConvolutionForwardAlgorithm(
            setup.cudnn.handle(), setup.x, setup.w, setup.how, setup.y, ALGORITHMS, count, found),
        "cudnnFindConvolutionForwardAlgorithm");
    return setup.best(
        count[0],
        Stream.of(found)
            .map(
                each ->
                    new Algorithm(
                        each.algo,
                        cudnnConvolutionFwdAlgo.stringFor(each.algo),
                        each.status,
                        each.time,
                        each.memory)));
  }

  @Override
  public String functions() {
    return "cudnnConvolutionForward";
  }

  @Override
  public String note() {
    return "%s, %s%s; without bias"
        .formatted(algorithm.shortName(), setup.layout, setup.half ? ", x, w and y in bf16" : "");
  }

  @Override
  public void run() {
    Cudnn.check(
        JCudnn.cudnnConvolutionForward(
            setup.cudnn.handle(),
            Pointer.to(new float[] {1}),
            setup.x,
            DevicePointer.to(x),
            setup.w,
            DevicePointer.to(w),
            setup.how,
            algorithm.number(),
            DevicePointer.to(workspace),
            algorithm.workspace(),
            Pointer.to(new float[] {0}),
            setup.y,
            DevicePointer.to(y)),
        "cudnnConvolutionForward");
  }

  @Override
  public double difference() {
    Convolution c = setup.convolution;
    float[] theirs = setup.backend.readFloats(y);
    float[] biases = setup.backend.readFloats(bias);
    return Differences.largest(
        c.output(setup.layout, theirs, biases), setup.backend.readFloats(ours));
  }

  @Override
  public void close() {
    setup.close();
  }
}
