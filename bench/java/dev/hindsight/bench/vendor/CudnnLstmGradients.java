package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnWgradMode;

/// The backward phase of [CudnnLstm]: through time, then the weights.
///
/// Both sides consume what their forward phase kept, so when it is timed all calls but the first
/// find other numbers there; that changes no time, and [#difference] runs forward first.
final class CudnnLstmGradients implements VendorCall {
  private final LstmSetup setup;
  private final Backend backend;
  private final Tensor dy;
  private final Tensor lastDh;
  private final Tensor lastDc;
  private final Tensor dx;
  private final Tensor firstDh;
  private final Tensor firstDc;
  private final Tensor dweights;

  /// @param setup of tensors of the case that nothing has run on
  CudnnLstmGradients(LstmSetup setup, Scope scope, OpCase opCase) {
    this.setup = setup;
    backend = setup.backend;
    int batch = setup.batch;
    int hidden = setup.hidden;
    Tensor dh = // of the state before the first step too
        Numbers.in(backend, scope, ElementType.FP32, setup.tensors.get("dh"));
    dy = scope.floats(setup.steps, batch, hidden);
    backend.copy(dh.part((long) batch * hidden, dy.shape()), dy);
    lastDh = scope.zeros(batch, hidden);
    lastDc = scope.floats(batch, hidden);
    backend.copy(setup.tensors.get("dc"), lastDc);
    dx = scope.zeros(setup.steps, batch, 1);
    firstDh = scope.zeros(batch, hidden);
    firstDc = scope.zeros(batch, hidden);
    dweights = scope.zeros(Math.toIntExact(setup.weights.size()));
    backend.fill(setup.tensors.get("dxw"), 0);
    backend.fill(setup.tensors.get("dwh"), 0);
    opCase.forward().run(backend, setup.tensors::get);
    Objects.requireNonNull(opCase.backward()).run(backend, setup.tensors::get);
    setup.forward();
  }

  @Override
  public String functions() {
    return "cudnnRNNBackwardData_v8 + Weights_v8";
  }

  @Override
  public String note() {
    return "with the gradients of a single input and its weights";
  }

  @Override
  public void run() {
    Cudnn.check(
        JCudnn.cudnnRNNBackwardData_v8(
            setup.cudnn.handle(),
            setup.rnn,
            DevicePointer.to(setup.lengths),
            setup.outputs,
            DevicePointer.to(setup.y),
            DevicePointer.to(dy),
            setup.inputs,
            DevicePointer.to(dx),
            setup.state,
            DevicePointer.to(setup.firstH),
            DevicePointer.to(lastDh),
            DevicePointer.to(firstDh),
            setup.state,
            DevicePointer.to(setup.firstC),
            DevicePointer.to(lastDc),
            DevicePointer.to(firstDc),
            setup.weights.size() * Float.BYTES,
            DevicePointer.to(setup.weights),
            setup.workspace.size() * Float.BYTES,
            DevicePointer.to(setup.workspace),
            setup.reserve.size() * Float.BYTES,
            DevicePointer.to(setup.reserve)),
        "cudnnRNNBackwardData_v8");
    Cudnn.check(
        JCudnn.cudnnRNNBackwardWeights_v8(
            setup.cudnn.handle(),
            setup.rnn,
            cudnnWgradMode.CUDNN_WGRAD_MODE_ADD,
            DevicePointer.to(setup.lengths),
            setup.inputs,
            DevicePointer.to(setup.x),
            setup.state,
            DevicePointer.to(setup.firstH),
            setup.outputs,
            DevicePointer.to(setup.y),
            dweights.size() * Float.BYTES,
            DevicePointer.to(dweights),
            setup.workspace.size() * Float.BYTES,
            DevicePointer.to(setup.workspace),
            setup.reserve.size() * Float.BYTES,
            DevicePointer.to(setup.reserve)),
        "cudnnRNNBackwardWeights_v8");
  }

  @Override
  public double difference() {
    setup.forward();
    backend.fill(dweights, 0);
    run();
    float[] dwh = setup.ofState(backend.readFloats(dweights));
    float[] products = backend.readFloats(setup.tensors.get("dxw"));
    return Math.max(
        Differences.largest(dwh, backend.readFloats(setup.tensors.get("dwh"))),
        Differences.largest(backend.readFloats(dx), inputGradient(products, setup.inputWeights())));
  }

  /// What ours leaves to the layer before: dx[t,b] = Σ_k dxw[t,b,k]·wx[k].
  static float[] inputGradient(float[] products, float[] inputWeights) {
    float[] dx = new float[products.length / inputWeights.length];
    for (int k = 0; k < dx.length; k++) {
      double sum = 0;
      for (int g = 0; g < inputWeights.length; g++) {
        sum += (double) products[k * inputWeights.length + g] * inputWeights[g];
      }
      dx[k] = (float) sum;
    }
    return dx;
  }

  @Override
  public void close() {
    setup.close();
  }
}
