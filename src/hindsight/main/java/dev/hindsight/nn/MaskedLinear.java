package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;

/// A linear layer whose weights exist only where `degrees` allows (MADE, eqs. 8 and 9). A weight
/// that does not exist is zero from the start, gets no gradient and so stays zero for ever.
public final class MaskedLinear {
  private final Parameter weight;
  private final Parameter bias;
  private final Degrees degrees;
  private final Activation activation;

  /// @param name prefix of `.weight` (O,I) and `.bias` (O)
  public MaskedLinear(
      Parameters parameters,
      String name,
      Degrees degrees,
      Activation activation,
      Initialization initialization,
      RandomKey key) {
    int in = degrees.inputs();
    int out = degrees.outputs();
    float gain = activation == Activation.RELU ? 2 : 1;
    RandomKey rows = key.fold(name + ".weight");
    float[] w = new float[Math.multiplyExact(out, in)];
    for (int o = 0; o < out; o++) {
      int live = degrees.live(o);
      float[] row = initialization.weightRow(rows.fold(o), in, live, gain);
      System.arraycopy(row, 0, w, o * in, live); // the rest does not exist: zero for ever
    }
    this.degrees = degrees;
    this.activation = activation;
    this.weight = parameters.add(name + ".weight", degrees, w);
    float[] b = initialization.bias(key.fold(name + ".bias"), out, in);
    this.bias = parameters.add(name + ".bias", Shape.of(out), b);
  }

  public Tensor forward(Ops ops, Tensor x) {
    return ops.maskedLinear(x, weight.like(x), bias.value(), degrees, activation);
  }

  /// Only outputs `from .. to - 1`, into a `y` that already exists. For samplers.
  public void forward(Backend backend, Tensor x, int from, int to, Tensor y) {
    if (from < to) {
      backend
          .maskedLinear()
          .forward(x, weight.like(x), bias.value(), degrees, activation, from, to, y);
    }
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
