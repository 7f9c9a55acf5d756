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
///
/// Where inputs and outputs change places from step to step, every weight exists in one order or
/// another, and whoever puts them into an order gives them to [#forward].
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
    this(parameters, name, degrees, activation, initialization, key, false);
  }

  /// @param everyWeight whether all weights exist, each in some order
  public MaskedLinear(
      Parameters parameters,
      String name,
      Degrees degrees,
      Activation activation,
      Initialization initialization,
      RandomKey key,
      boolean everyWeight) {
    int in = degrees.inputs();
    int out = degrees.outputs();
    Supplier<float[]> initial =
        () -> weights(degrees, activation, initialization, key.fold(name + ".weight"), everyWeight);
    this.degrees = degrees;
    this.activation = activation;
    this.weight =
        everyWeight
            ? parameters.addSparse(name + ".weight", out, in, initial)
            : parameters.add(name + ".weight", degrees, initial);
    this.bias =
        parameters.add(
            name + ".bias",
            Shape.of(out),
            () -> initialization.bias(key.fold(name + ".bias"), out, in));
  }

  private static float[] weights(
      Degrees degrees,
      Activation activation,
      Initialization initialization,
      RandomKey rows,
      boolean everyWeight) {
    int in = degrees.inputs();
    int out = degrees.outputs();
    float gain = activation == Activation.RELU ? 2 : 1;
    float[] w = new float[Math.multiplyExact(out, in)];
    int mean = Math.toIntExact(degrees.count() / out);
    for (int o = 0; o < out; o++) {
      int seen = everyWeight ? mean : degrees.live(o);
      float[] row = initialization.weightRow(rows.fold(o), in, seen, gain);
      System.arraycopy(row, 0, w, o * in, everyWeight ? in : seen); // the rest: zero for ever
    }
    return w;
  }

  public Tensor forward(Ops ops, Tensor x) {
    return forward(ops, x, weight.like(x), bias.value(), null);
  }

  /// The same with a weight and a bias that were put into an order.
  ///
  /// @param classes what they add before the activation, in that order as well; null = nothing
  public Tensor forward(Ops ops, Tensor x, Tensor w, Tensor b, @Nullable ClassRows classes) {
    if (classes == null) {
      return ops.maskedLinear(x, w, b, degrees, activation);
    }
    Tensor sum = ops.maskedLinear(x, w, b, degrees, Activation.IDENTITY);
    return ops.activate(activation, ops.classBias(sum, classes.table(), classes.labels()));
  }

  /// Only outputs `from .. to - 1` of that, into a `y` that already exists. For samplers.
  public void forward(Backend backend, Tensor x, Tensor w, Tensor b, int from, int to, Tensor y) {
    if (from < to) {
      backend.maskedLinear().forward(x, w, b, degrees, activation, from, to, y);
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
