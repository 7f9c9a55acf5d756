package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Activation;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

final class LinearCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.of(linear(), linearGelu(), linearAdd()).flatMap(c -> c);
  }

  /// Rows, inputs, outputs: primes, and one off each side of a tile.
  static final int[][] SHAPES = {
    {1, 1, 1},
    {3, 5, 7},
    {31, 32, 33},
    {32, 33, 31},
    {33, 31, 32},
    {63, 65, 64},
    {2, 129, 127},
    {67, 128, 129},
  };

  /// Few rows and a sum so long that a GPU cuts it.
  private static final int[] LONG = {5, 300, 66};

  private static Stream<OpCase> linear() {
    return Stream.concat(
        Arrays.stream(SHAPES).map(s -> linear(s[0], s[1], s[2], Activation.IDENTITY)),
        fusable().map(f -> linear(37, 41, 43, f)));
  }

  private static Stream<OpCase> linearGelu() {
    return Stream.concat(Arrays.stream(SHAPES), Stream.of(LONG)).map(s -> gelu(s[0], s[1], s[2]));
  }

  private static Stream<OpCase> linearAdd() {
    return Stream.concat(Arrays.stream(SHAPES), Stream.of(LONG)).map(s -> add(s[0], s[1], s[2]));
  }

  /// The sizes that the Transformer trains with, for one image, and a plain layer beside MADE's;
  /// too large to run on the software GPU in a test.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(
        linear(64, 1024, 1024, Activation.RELU), gelu(784, 128, 512), add(784, 512, 128));
  }

  /// As many rows as make a layer worth another way of computing it, and few weights.
  @Override
  public Stream<OpCase> manyRows() {
    return Stream.of(
        linear(1025, 37, 53, Activation.TANH),
        linear(1031, 130, 33, Activation.RELU),
        linear(1024, 33, 131, Activation.IDENTITY),
        linear(1027, 3, 133, Activation.TANH),
        gelu(1087, 67, 129),
        add(1033, 513, 35));
  }

  @Override
  public Stream<OpCase> largeTiles() {
    return Stream.of(
        linear(129, 72, 136, Activation.TANH),
        linear(255, 136, 72, Activation.RELU),
        gelu(131, 24, 200),
        add(255, 104, 264),
        linear(136, 712, 72, Activation.IDENTITY));
  }

  @Override
  public Stream<OpCase> tallTiles() {
    return Stream.of(
        linear(769, 136, 72, Activation.TANH), gelu(391, 72, 392), add(511, 72, 72), sliced());
  }

  @Override
  public Stream<OpCase> halvedTiles() {
    return Stream.of(
        linear(641, 40, 264, Activation.TANH),
        linear(640, 24, 264, Activation.TANH),
        linear(767, 264, 40, Activation.IDENTITY));
  }

  /// K is cut, with tall tiles on a GPU of eight multiprocessors.
  private static OpCase sliced() {
    return linear(390, 712, 72, Activation.RELU);
  }

  @Override
  public Stream<OpCase> chunks() {
    return Stream.of(linear(712, 72, 72, Activation.TANH), linear(72, 712, 72, Activation.RELU));
  }

  static Stream<Activation> fusable() {
    return Arrays.stream(Activation.values()).filter(Activation::derivativeFollowsFromOutput);
  }

  private static OpCase linear(int n, int i, int o, Activation f) {
    String[] read = {"x", "w", "dy"};
    String[] readAndOverwritten = {"x", "w", "y", "dy", "dy"};
    return layer("linear", n, i, o, "", f)
        .forward(2L * n * i * o, call("linear.forward", "x w b", f, "y"))
        .backward(4L * n * i * o, backward(f))
        .backwardTouches(f == Activation.IDENTITY ? read : readAndOverwritten)
        .build();
  }

  private static Call backward(Activation f) {
    return call("linear.backward", "x w", f, "y dy dx dw db");
  }

  private static OpCase gelu(int n, int i, int o) {
    return layer("linearGelu", n, i, o, "", Activation.IDENTITY)
        .out("before", n, o)
        .forward(2L * n * i * o, call("linear.linearGelu", "x w b before y"))
        .backward(4L * n * i * o, call("linear.linearGeluBackward", "x w before dy dx dw db"))
        .backwardTouches("x", "w", "before", "dy", "dy")
        .build();
  }

  private static OpCase add(int n, int i, int o) {
    return layer("linearAdd", n, i, o, "", Activation.IDENTITY)
        .in("residual", 1, n, o)
        .gradient("residual", "y")
        .forward(2L * n * i * o, call("linear.linearAdd", "x w b residual y"))
        .backward(
            4L * n * i * o, backward(Activation.IDENTITY), call("add.accumulate", "dy dresidual"))
        .backwardTouches("x", "w", "dy")
        .build();
  }

  static CaseBuilder layer(String op, int n, int i, int o, String note, Activation f) {
    String fused = f == Activation.IDENTITY ? "" : " " + f.name().toLowerCase(Locale.ROOT);
    return new CaseBuilder(op, "%dx%dx%d%s%s".formatted(n, i, o, note, fused))
        .reduction(Math.max(n, Math.max(i, o)))
        .in("x", 1, n, i)
        .weight("w", 1 / Math.sqrt(i), o, i)
        .inFp32("b", 0.5, o)
        .out("y", n, o)
        .gradients("y", "x", "w", "b");
  }
}
