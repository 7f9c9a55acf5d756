package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;

/// A linear layer whose weights exist only where `degrees` allows (MADE, eqs. 8 and 9). A weight
/// that does not exist is zero from the start, gets no gradient and so stays zero for ever.
public final class MaskedLinear {
  private final Parameter weight;
  private final Parameter bias;
  private final Degrees degrees;
  private final Activation activation;

  /// @param name prefix of `.weight` (O,I) and `.bias` (O)
  public MaskedLinear(
      Parameters parameters, String name, Degrees degrees, Activation activation, RandomKey key) {
    int in = degrees.inputs();
    int out = degrees.outputs();
    float[] w = Initial.torchUniform(key.fold(name + ".weight"), Math.multiplyExact(out, in), in);
    for (int o = 0; o < out; o++) {
      Arrays.fill(w, o * in + degrees.live(o), (o + 1) * in, 0);
    }
    this.degrees = degrees;
    this.activation = activation;
    this.weight = parameters.add(name + ".weight", Shape.of(out, in), w);
    this.bias =
        parameters.add(
            name + ".bias", Shape.of(out), Initial.torchUniform(key.fold(name + ".bias"), out, in));
  }

  public Tensor forward(Ops ops, Tensor x) {
    return ops.maskedLinear(x, weight.value(), bias.value(), degrees, activation);
  }

  /// Only outputs `from .. to - 1`, into `y`.
  public void forward(Ops ops, Tensor x, int from, int to, Tensor y) {
    ops.maskedLinear(x, weight.value(), bias.value(), degrees, activation, from, to, y);
  }

  public Degrees degrees() {
    return degrees;
  }

  public Parameter weight() {
    return weight;
  }

  public Parameter bias() {
    return bias;
  }
}
