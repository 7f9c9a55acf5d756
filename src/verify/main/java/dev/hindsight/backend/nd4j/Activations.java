package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

final class Activations {
  private Activations() {}

  /// f(x), in place of x where ND4J can.
  static INDArray activate(Activation f, INDArray x) {
    return switch (f) {
      case IDENTITY -> x;
      case RELU -> Transforms.relu(x, false);
      case TANH -> Transforms.tanh(x, false);
      case SIGMOID -> Transforms.sigmoid(x, false);
      case GELU -> x.mul(normalCdf(x));
    };
  }

  /// f'(x) given y = f(x).
  static INDArray derivativeFromOutput(Activation f, INDArray y) {
    return switch (f) {
      case IDENTITY -> Nd4j.onesLike(y);
      case RELU -> y.gt(0).castTo(y.dataType());
      case TANH -> y.mul(y).rsubi(1);
      case SIGMOID -> y.mul(y.rsub(1));
      case GELU -> throw new IllegalArgumentException("GELU's derivative needs its input");
    };
  }

  static INDArray derivative(Activation f, INDArray x, INDArray y) {
    if (f != Activation.GELU) {
      return derivativeFromOutput(f, y);
    }
    INDArray density = Transforms.exp(x.mul(x).divi(-2), false).divi(Math.sqrt(2 * Math.PI));
    return normalCdf(x).addi(x.mul(density));
  }

  private static INDArray normalCdf(INDArray x) {
    INDArray scaled = x.div(Math.sqrt(2));
    return Nd4j.getExecutioner().exec(new Erf(scaled, scaled.ulike())).addi(1).divi(2);
  }
}
