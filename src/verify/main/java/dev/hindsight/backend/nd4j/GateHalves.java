package dev.hindsight.backend.nd4j;

import static dev.hindsight.backend.Activation.SIGMOID;
import static dev.hindsight.backend.Activation.TANH;
import static dev.hindsight.backend.nd4j.Activations.activate;
import static dev.hindsight.backend.nd4j.Activations.derivativeFromOutput;

import org.nd4j.linalg.api.ndarray.INDArray;

/// The two halves of a gate in place, for blocks that keep them.
final class GateHalves {
  private GateHalves() {}

  /// (a, b) becomes (tanh(a), σ(b)), and g their product.
  static void toTanhAndSigmoid(INDArray ab, INDArray g) {
    INDArray t = activate(TANH, Matrices.half(ab, 0).dup());
    INDArray s = activate(SIGMOID, Matrices.half(ab, 1).dup());
    Matrices.half(ab, 0).assign(t);
    Matrices.half(ab, 1).assign(s);
    g.assign(t.muli(s));
  }

  /// (tanh(a), σ(b)) becomes the gradient of (a, b).
  static void toGradient(INDArray ts, INDArray dg) {
    INDArray t = Matrices.half(ts, 0).dup();
    INDArray s = Matrices.half(ts, 1).dup();
    Matrices.half(ts, 0).assign(derivativeFromOutput(TANH, t).muli(s).muli(dg));
    Matrices.half(ts, 1).assign(derivativeFromOutput(SIGMOID, s).muli(t).muli(dg));
  }
}
