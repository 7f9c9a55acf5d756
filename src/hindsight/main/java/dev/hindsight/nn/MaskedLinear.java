package dev.hindsight.nn;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.ops.ClassRows;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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
    Supplier<float[]> initial =
        () -> weights(degrees, activation, initialization, key.fold(name + ".weight"));
    this.degrees = degrees;
    this.activation = activation;
    this.weight = parameters.add(name + ".weight", degrees, initial);
    this.bias =
        parameters.add(
            name + ".bias",
            Shape.of(out),
            () -> initialization.bias(key.fold(name + ".bias"), out, in));
  }

  private static float[] weights(
      Degrees degrees, Activation activation, Initialization initialization, RandomKey rows) {
    int in = degrees.inputs();
    int out = degrees.outputs();
    float gain = activation == Activation.RELU ? 2 : 1;
    float[] w = new float[Math.multiplyExact(out, in)];
    for (int o = 0; o < out; o++) {
      int seen = degrees.live(o);
      float[] row = initialization.weightRow(rows.fold(o), in, seen, gain);
      System.arraycopy(row, 0, w, o * in, seen); // the rest: zero for ever
    }
    return w;
  }

  public Tensor forward(Ops ops, Tensor x) {
    return forward(ops, x, null);
  }

  /// The same of images that have classes.
  ///
  /// @param classes what they add before the activation; null = nothing
  public Tensor forward(Ops ops, Tensor x, @Nullable ClassRows classes) {
    Tensor w = weight.like(x);
    if (classes == null) {
      return ops.maskedLinear(x, w, bias.value(), degrees, activation);
    }
    Tensor sum = ops.maskedLinear(x, w, bias.value(), degrees, Activation.IDENTITY);
    return ops.activate(activation, ops.classBias(sum, classes.table(), classes.labels()));
  }

  /// Only outputs `from .. to - 1` of that, into a `y` that already exists. For samplers.
  public void forward(Backend backend, Tensor x, int from, int to, Tensor y) {
    if (from < to) {
      backend
          .maskedLinear()
          .forward(x, weight.value(), bias.value(), degrees, activation, from, to, y);
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
