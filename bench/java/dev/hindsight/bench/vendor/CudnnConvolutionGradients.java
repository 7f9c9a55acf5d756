package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.bench.vendor.Convolution.Layout;
import dev.hindsight.bench.vendor.ConvolutionSetup.Algorithm;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;

/// The backward phase of [CudnnConvolution]: gradients of the input and of the weights, which are
/// added to what is there as ours are, each with the algorithm that cuDNN's search finds fastest.
final class CudnnConvolutionGradients implements VendorCall {
  private static final int MOST = 8; // CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT is 7

  private final ConvolutionSetup setup;
  private final CaseTensors ours;
  private final Tensor x;
  private final Tensor w;
  private final Tensor dy;
  private final Tensor dx;
  private final Tensor dw;
  private final Algorithm ofInput;
  private final Algorithm ofWeights;
  private final Tensor workspaceOfInput;
  private final Tensor workspaceOfWeights;

  /// In the faster of both layouts.
  ///
  /// @param ours dy, dx and dw after one backward phase from gradients of 0
  /// @throws VendorException where cuDNN can do neither
  static CudnnConvolutionGradients fastest(
      Backend backend, Scope scope, Cudnn cudnn, Convolution c, CaseTensors ours) {
    return ConvolutionSetup.fastest(
        layout ->
            new CudnnConvolutionGradients(
                new ConvolutionSetup(backend, cudnn, c, layout), scope, ours),
        each -> each.ofInput.milliseconds() + each.ofWeights.milliseconds());
  }

  private CudnnConvolutionGradients(ConvolutionSetup setup, Scope scope, CaseTensors ours) {
    this.setup = setup;
    this.ours = ours;
    Convolution c = setup.convolution;
    Layout layout = setup.layout;
    x = setup.numbers(scope, c.input(layout));
    w = setup.numbers(scope, c.filter(layout));
    float[] gradient = setup.backend.readFloats(ours.get("dy"));
    dy = setup.numbers(scope, c.outputGradient(layout, gradient));
    dx = setup.numbers(scope, new float[c.inputSize()]);
    dw = setup.numbers(scope, new float[c.filterSize()]);
    ofInput = searchOfInput();
    ofWeights = searchOfWeights();
    workspaceOfInput = ConvolutionSetup.workspace(scope, ofInput);
    workspaceOfWeights = ConvolutionSetup.workspace(scope, ofWeights);
  }

  private Algorithm searchOfInput() {
    var found = new cudnnConvolutionBwdDataAlgoPerf[MOST];
    Arrays.setAll(found, _ -> new cudnnConvolutionBwdDataAlgoPerf());
    int[] count = new int[1];
    Cudnn.check(
        JCudnn.cudnnFindConvolutionBackwardDataAlgorithm(
            setup.cudnn.handle(), setup.w, setup.y, setup.how, setup.x, MOST, count, found),
        "cudnnFindConvolutionBackwardDataAlgorithm");
    return setup.best(
        count[0],
        Stream.of(found)
            .map(
                each ->
                    new Algorithm(
                        each.algo,
                        cudnnConvolutionBwdDataAlgo.stringFor(each.algo),
                        each.status,
                        each.time,
                        each.memory)));
  }

  private Algorithm searchOfWeights() {
    var found = new cudnnConvolutionBwdFilterAlgoPerf[MOST];
    Arrays.setAll(found, _ -> new cudnnConvolutionBwdFilterAlgoPerf());
    int[] count = new int[1];
    Cudnn.check(
        JCudnn.cudnnFindConvolutionBackwardFilterAlgorithm(
            setup.cudnn.handle(), setup.x, setup.y, setup.how, setup.w, MOST, count, found),
        "cudnnFindConvolutionBackwardFilterAlgorithm");
    return setup.best(
        count[0],
        Stream.of(found)
            .map(
                each ->
                    new Algorithm(
                        each.algo,
                        cudnnConvolutionBwdFilterAlgo.stringFor(each.algo),
                        each.status,
                        each.time,
                        each.memory)));
  }

  @Override
  public String functions() {
    return "cudnnConvolutionBackwardData + Filter";
  }

  @Override
  public String note() {
    return "dx by %s, dw by %s, %s%s; without db"
        .formatted(
            ofInput.shortName(),
            ofWeights.shortName(),
            setup.layout,
            setup.half ? ", all in bf16" : "");
  }

  @Override
  public void run() {
    Pointer one = Pointer.to(new float[] {1});
    Cudnn.check(
        JCudnn.cudnnConvolutionBackwardData(
            setup.cudnn.handle(),
            one,
            setup.w,
            DevicePointer.to(w),
            setup.y,
            DevicePointer.to(dy),
            setup.how,
            ofInput.number(),
            DevicePointer.to(workspaceOfInput),
            ofInput.workspace(),
            one,
            setup.x,
            DevicePointer.to(dx)),
        "cudnnConvolutionBackwardData");
    Cudnn.check(
        JCudnn.cudnnConvolutionBackwardFilter(
            setup.cudnn.handle(),
            one,
            setup.x,
            DevicePointer.to(x),
            setup.y,
            DevicePointer.to(dy),
            setup.how,
            ofWeights.number(),
            DevicePointer.to(workspaceOfWeights),
            ofWeights.workspace(),
            one,
            setup.w,
            DevicePointer.to(dw)),
        "cudnnConvolutionBackwardFilter");
  }

  @Override
  public double difference() {
    Convolution c = setup.convolution;
    setup.backend.fill(dx, 0);
    setup.backend.fill(dw, 0);
    run();
    float[] ofInputs = c.inputGradient(setup.layout, setup.backend.readFloats(dx));
    float[] ofFilter = c.filterGradient(setup.layout, setup.backend.readFloats(dw));
    return Math.max(
        Differences.largest(ofInputs, setup.backend.readFloats(ours.get("dx"))),
        Differences.largest(ofFilter, setup.backend.readFloats(ours.get("dw"))));
  }

  @Override
  public void close() {
    setup.close();
  }
}
