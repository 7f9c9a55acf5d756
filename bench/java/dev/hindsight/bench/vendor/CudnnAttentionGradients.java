package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import jcuda.jcudnn.JCudnn;

/// The backward phase of [CudnnAttention].
final class CudnnAttentionGradients implements VendorCall {
  private final AttentionSetup setup;
  private final Backend backend;
  private final Tensor dy;
  private final Tensor dq;
  private final Tensor dk;
  private final Tensor dv;

  /// @param setup of a case after one backward phase from a gradient of 0
  CudnnAttentionGradients(AttentionSetup setup, Scope scope) {
    this.setup = setup;
    backend = setup.backend;
    float[] gradient = backend.readFloats(setup.ours.get("dy"));
    dy = setup.numbers(scope, setup.layout.apart(gradient, 0, 1));
    int size = setup.layout.size();
    dq = scope.zeros(size);
    dk = scope.zeros(size);
    dv = scope.zeros(size);
    setup.forward();
  }

  @Override
  public String functions() {
    return "cudnnMultiHeadAttnBackwardData";
  }

  @Override
  public String note() {
    return setup.note();
  }

  @Override
  public boolean fitsGraph() {
    return false; // the windows
  }

  @Override
  public void run() {
    Cudnn.check(
        JCudnn.cudnnMultiHeadAttnBackwardData(
            setup.cudnn.handle(),
            setup.attention,
            setup.layout.first(),
            setup.layout.behind(),
            DevicePointer.to(setup.lengths),
            DevicePointer.to(setup.lengths),
            setup.sequences,
            DevicePointer.to(dy),
            setup.sequences,
            DevicePointer.to(dq),
            DevicePointer.to(setup.q),
            setup.sequences,
            DevicePointer.to(dk),
            DevicePointer.to(setup.k),
            setup.sequences,
            DevicePointer.to(dv),
            DevicePointer.to(setup.v),
            setup.weightBytes,
            DevicePointer.to(setup.weights),
            setup.workspace.size() * Float.BYTES,
            DevicePointer.to(setup.workspace),
            setup.reserve.size() * Float.BYTES,
            DevicePointer.to(setup.reserve)),
        "cudnnMultiHeadAttnBackwardData");
  }

  @Override
  public double difference() {
    setup.forward(); // backward may use up what it kept
    run();
    float[] dqkv = new float[3 * setup.layout.size()];
    setup.layout.join(backend.readFloats(dq), 0, 3, dqkv);
    setup.layout.join(backend.readFloats(dk), 1, 3, dqkv);
    setup.layout.join(backend.readFloats(dv), 2, 3, dqkv);
    return Differences.largest(dqkv, backend.readFloats(setup.ours.get("dqkv")));
  }

  @Override
  public void close() {
    setup.close();
  }
}
