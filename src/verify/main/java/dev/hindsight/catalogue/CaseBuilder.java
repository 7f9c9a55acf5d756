package dev.hindsight.catalogue;

import dev.hindsight.catalogue.OpCase.Body;
import dev.hindsight.catalogue.OpCase.Bytes;
import dev.hindsight.catalogue.OpCase.Gradient;
import dev.hindsight.catalogue.OpCase.Phase;
import dev.hindsight.catalogue.OpCase.Work;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Puts a case together; the random values of an operand depend on the case and its name alone.
final class CaseBuilder {
  private final String op;
  private final String shape;
  private final RandomKey key;
  private final List<Operand> operands = new ArrayList<>();
  private final Set<String> weights = new HashSet<>();
  private final Set<String> single = new HashSet<>(); // fp32 everywhere
  private final List<Gradient> gradients = new ArrayList<>();
  private final Set<String> leftOut = new HashSet<>();
  private long reduction = 1;
  private Direction forward = new Direction(0, List.of());
  private @Nullable Direction backward;
  private @Nullable Bytes forwardBytes;
  private @Nullable Bytes backwardBytes;

  private record Direction(long flops, List<Body> calls) {}

  CaseBuilder(String op, String shape) {
    this.op = op;
    this.shape = shape;
    this.key = RandomKey.of(1).fold(op).fold(shape);
  }

  /// @param values cases with the same have operands of the same values
  CaseBuilder(String op, String shape, String values) {
    this.op = op;
    this.shape = shape;
    this.key = RandomKey.of(1).fold(values);
  }

  CaseBuilder reduction(long k) {
    reduction = Math.max(1, k);
    return this;
  }

  /// Standard normals times `std`.
  CaseBuilder normal(Role role, String name, double std, int... dims) {
    Shape s = Shape.of(dims);
    return operand(role, name, s, () -> normals(name, std, s));
  }

  private double[] normals(String name, double std, Shape s) {
    double[] values = Philox.normals(key.fold(name), Math.toIntExact(s.size()));
    Arrays.setAll(values, k -> (float) (std * values[k]));
    return values;
  }

  CaseBuilder in(String name, double std, int... dims) {
    return normal(Role.IN, name, std, dims);
  }

  /// A factor whose gradient is fp32: stored as activations are.
  CaseBuilder weight(String name, double std, int... dims) {
    weights.add(name);
    return in(name, std, dims);
  }

  /// What is fp32 everywhere, such as a bias, and its gradient.
  CaseBuilder inFp32(String name, double std, int... dims) {
    return fp32(name).in(name, std, dims);
  }

  /// A result that is fp32 everywhere, such as a sum or a statistic.
  CaseBuilder outFp32(String name, int... dims) {
    return fp32(name).out(name, dims);
  }

  /// Says that operands are fp32 everywhere; before they are added.
  CaseBuilder fp32(String... names) {
    single.addAll(List.of(names));
    return this;
  }

  /// What a uniform number becomes.
  private interface FromUniform {
    double of(float u);
  }

  private CaseBuilder uniforms(String name, FromUniform value, int... dims) {
    Shape s = Shape.of(dims);
    return operand(
        Role.IN,
        name,
        s,
        () -> {
          float[] u = Philox.uniforms(key.fold(name), Math.toIntExact(s.size()));
          double[] values = new double[u.length];
          Arrays.setAll(values, k -> value.of(u[k]));
          return values;
        });
  }

  /// Zeros and ones, as pixels.
  CaseBuilder bits(String name, int... dims) {
    return uniforms(name, u -> u < 0.3 ? 1 : 0, dims);
  }

  /// Whole numbers from 0 to `levels` - 1, each as likely, as pixels of more than two levels.
  CaseBuilder levels(String name, int levels, int... dims) {
    return levels == 2 ? bits(name, dims) : uniforms(name, u -> Math.floor(u * levels), dims);
  }

  CaseBuilder out(String name, int... dims) {
    Shape s = Shape.of(dims);
    return operand(Role.OUT, name, s, () -> nans(s));
  }

  private static double[] nans(Shape s) {
    double[] values = new double[Math.toIntExact(s.size())];
    Arrays.fill(values, Double.NaN);
    return values;
  }

  /// Given numbers, exact in float.
  CaseBuilder numbers(String name, float... values) {
    double[] exact = new double[values.length];
    Arrays.setAll(exact, k -> values[k]);
    return fp32(name).operand(Role.IN, name, Shape.of(values.length), () -> exact);
  }

  /// Given whole numbers.
  CaseBuilder ints(String name, int... values) {
    double[] exact = IntStream.of(values).asDoubleStream().toArray();
    Shape s = Shape.of(values.length);
    operands.add(new Operand(name, Role.IN, s, () -> exact, ElementType.INT32));
    return this;
  }

  /// @param drawn makes the values, once they are asked for
  CaseBuilder operand(Role role, String name, Shape s, Supplier<double[]> drawn) {
    operands.add(
        new Operand(name, role, s, drawn, single.contains(name) ? ElementType.FP32 : null));
    return this;
  }

  /// The cotangent `d` + output, and the gradients `d` + input.
  CaseBuilder gradients(String output, String... inputs) {
    cotangent(output);
    for (String input : inputs) {
      gradient(input, output);
    }
    return this;
  }

  /// One more gradient of an output that has its cotangent.
  CaseBuilder gradient(String input, String output) {
    return gradient(input, output, "d" + output, 1);
  }

  /// The gradient of `scale` · Σ output.
  CaseBuilder gradientOfSum(String input, String output, double scale) {
    return gradient(input, output, null, scale);
  }

  private CaseBuilder gradient(
      String input, String output, @Nullable String cotangent, double scale) {
    if (weights.contains(input) || single.contains(input)) {
      fp32("d" + input);
    }
    normal(Role.GRADIENT, "d" + input, 0.5, find(input).shape().dims());
    gradients.add(new Gradient(input, "d" + input, output, cotangent, scale));
    return this;
  }

  CaseBuilder cotangent(String output) {
    return normal(Role.COTANGENT, "d" + output, 1, find(output).shape().dims());
  }

  /// Leaves operands out of all calls so far, by their names in one string: what was in them must
  /// still be there. No finite difference checks such a case, and nobody knows its least work.
  CaseBuilder without(String names) {
    leftOut.addAll(Arrays.asList(names.split(" ")));
    backward = new Direction(0, Objects.requireNonNull(backward).calls);
    backwardBytes = null;
    return this;
  }

  /// @param calls [Call#call], or whatever else calls the backend
  CaseBuilder forward(long flops, Body... calls) {
    forward = new Direction(flops, List.of(calls));
    return this;
  }

  CaseBuilder backward(long flops, Body... calls) {
    backward = new Direction(flops, List.of(calls));
    return this;
  }

  /// One more call of backward.
  CaseBuilder then(Body call) {
    Direction before = Objects.requireNonNull(backward);
    List<Body> calls = new ArrayList<>(before.calls);
    calls.add(call);
    backward = new Direction(before.flops, calls);
    return this;
  }

  /// Bytes to move in fp32 where an op touches only a part of its operands, all of them stored.
  CaseBuilder work(long forward, long backward) {
    return work(new Bytes(forward, 0), new Bytes(backward, 0));
  }

  /// The bytes that another case has to move.
  CaseBuilder work(Bytes forward, Bytes backward) {
    forwardBytes = forward;
    backwardBytes = backward;
    return this;
  }

  /// The operands that backward has to read, or to write, once for each time they are named; the
  /// gradients are read and written beside them.
  CaseBuilder backwardTouches(String... names) {
    Bytes touched = twice(Role.GRADIENT);
    for (String name : names) {
      touched = touched.plus(bytes(find(name)));
    }
    backwardBytes = touched;
    return this;
  }

  Operand find(String name) {
    return operands.stream().filter(o -> o.name().equals(name)).findFirst().orElseThrow();
  }

  OpCase build() {
    Bytes read = bytes(Role.IN).plus(bytes(Role.OUT));
    Bytes first = forwardBytes != null ? forwardBytes : read.plus(twice(Role.UPDATED));
    Bytes second =
        backwardBytes != null
            ? backwardBytes
            : read.plus(bytes(Role.COTANGENT)).plus(twice(Role.GRADIENT));
    return new OpCase(
        op,
        shape,
        reduction,
        List.copyOf(operands),
        leftOut.isEmpty() ? List.copyOf(gradients) : List.of(),
        phase("forward", forward, first),
        backward == null ? null : phase("backward", backward, second),
        ElementType.FP32);
  }

  private Phase phase(String name, Direction direction, Bytes moved) {
    List<Body> calls = new ArrayList<>(direction.calls);
    calls.replaceAll(body -> body instanceof Call call ? call.without(leftOut) : body);
    calls.removeIf(body -> body instanceof Call call && call.addsToNothing());
    return new Phase(name, calls, new Work(direction.flops, moved));
  }

  private static Bytes bytes(Operand operand) {
    long bytes = operand.shape().size() * Float.BYTES;
    return operand.stored() ? new Bytes(bytes, 0) : new Bytes(0, bytes);
  }

  private Bytes twice(Role role) {
    return bytes(role).plus(bytes(role));
  }

  /// Bytes when each operand of a role is moved once.
  private Bytes bytes(Role role) {
    return operands.stream()
        .filter(o -> o.role() == role)
        .map(CaseBuilder::bytes)
        .reduce(Bytes.NONE, Bytes::plus);
  }
}
