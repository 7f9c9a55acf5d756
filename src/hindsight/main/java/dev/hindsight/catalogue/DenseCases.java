package dev.hindsight.catalogue;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Degrees;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Dense and masked linear layers.
final class DenseCases {
  private DenseCases() {}

  /// Rows, inputs, outputs: primes, and one off each side of a tile.
  private static final int[][] SHAPES = {
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

  static Stream<OpCase> linear() {
    return Stream.concat(
        Arrays.stream(SHAPES).map(s -> linear(s[0], s[1], s[2], Activation.IDENTITY)),
        fusable().map(f -> linear(37, 41, 43, f)));
  }

  static Stream<OpCase> linearGelu() {
    return Stream.concat(Arrays.stream(SHAPES), Stream.of(LONG)).map(s -> gelu(s[0], s[1], s[2]));
  }

  static Stream<OpCase> linearAdd() {
    return Stream.concat(Arrays.stream(SHAPES), Stream.of(LONG)).map(s -> add(s[0], s[1], s[2]));
  }

  static Stream<OpCase> maskedLinear() {
    Stream<OpCase> shapes =
        Arrays.stream(SHAPES)
            .flatMap(
                s ->
                    Stream.of(false, true)
                        .map(strict -> masked(s[0], s[1], s[2], strict, Activation.RELU)));
    Stream<OpCase> activations = fusable().map(f -> masked(37, 200, 43, false, f));
    return Stream.of(shapes, activations, columns()).flatMap(c -> c);
  }

  /// The sizes that MADE and, for one image, the Transformer train with; too large to run on the
  /// software GPU in a test.
  static Stream<OpCase> seedSizes() {
    return Stream.of(
        masked(64, 784, 1024, false, Activation.RELU),
        masked(64, 1024, 1024, false, Activation.RELU),
        masked(64, 1024, 784, true, Activation.IDENTITY),
        linear(64, 1024, 1024, Activation.RELU),
        gelu(784, 128, 512),
        add(784, 512, 128));
  }

  /// As many rows as make a layer worth another way of computing it, and few weights.
  static Stream<OpCase> manyRows() {
    return Stream.of(
        linear(1025, 37, 53, Activation.TANH),
        linear(1031, 130, 33, Activation.RELU),
        linear(1024, 33, 131, Activation.IDENTITY),
        gelu(1087, 67, 129),
        add(1033, 513, 35));
  }

  private static Stream<Activation> fusable() {
    return Arrays.stream(Activation.values()).filter(Activation::derivativeFollowsFromOutput);
  }

  private static OpCase linear(int n, int i, int o, Activation f) {
    long flops = 2L * n * i * o;
    return layer("linear", n, i, o, "", f)
        .forward(
            flops, (b, t) -> b.linear(t.apply("x"), t.apply("w"), t.apply("b"), f, t.apply("y")))
        .backward(
            2 * flops,
            (b, t) ->
                b.linearBackward(
                    t.apply("x"),
                    t.apply("w"),
                    f,
                    t.apply("y"),
                    t.apply("dy"),
                    t.apply("dx"),
                    t.apply("dw"),
                    t.apply("db")))
        .backwardTouches(
            f == Activation.IDENTITY
                ? new String[] {"x", "w", "dy"}
                : new String[] {"x", "w", "y", "dy", "dy"})
        .build();
  }

  private static OpCase gelu(int n, int i, int o) {
    long flops = 2L * n * i * o;
    return layer("linearGelu", n, i, o, "", Activation.IDENTITY)
        .out("before", n, o)
        .forward(
            flops,
            (b, t) ->
                b.linearGelu(
                    t.apply("x"), t.apply("w"), t.apply("b"), t.apply("before"), t.apply("y")))
        .backward(
            2 * flops,
            (b, t) ->
                b.linearGeluBackward(
                    t.apply("x"),
                    t.apply("w"),
                    t.apply("before"),
                    t.apply("dy"),
                    t.apply("dx"),
                    t.apply("dw"),
                    t.apply("db")))
        .backwardTouches("x", "w", "before", "dy", "dy")
        .build();
  }

  private static OpCase add(int n, int i, int o) {
    long flops = 2L * n * i * o;
    return layer("linearAdd", n, i, o, "", Activation.IDENTITY)
        .in("residual", 1, n, o)
        .gradient("residual", "y")
        .forward(
            flops,
            (b, t) ->
                b.linearAdd(
                    t.apply("x"), t.apply("w"), t.apply("b"), t.apply("residual"), t.apply("y")))
        .backward(
            2 * flops,
            (b, t) -> {
              b.linearBackward(
                  t.apply("x"),
                  t.apply("w"),
                  Activation.IDENTITY,
                  t.apply("y"),
                  t.apply("dy"),
                  t.apply("dx"),
                  t.apply("dw"),
                  t.apply("db"));
              b.accumulate(t.apply("dy"), t.apply("dresidual"));
            })
        .backwardTouches("x", "w", "dy")
        .build();
  }

  private static OpCase masked(int n, int i, int o, boolean strict, Activation f) {
    Degrees degrees = degrees(i, o, strict);
    long flops = 2L * n * degrees.count();
    CaseBuilder builder = layer("maskedLinear", n, i, o, strict ? " strict" : "", f);
    clearMasked(builder.find("w"), degrees);
    return builder
        .forward(
            flops,
            (b, t) ->
                b.maskedLinear(
                    t.apply("x"), t.apply("w"), t.apply("b"), degrees, f, 0, o, t.apply("y")))
        .backward(
            2 * flops,
            (b, t) ->
                b.maskedLinearBackward(
                    t.apply("x"),
                    t.apply("w"),
                    degrees,
                    f,
                    t.apply("y"),
                    t.apply("dy"),
                    t.apply("dx"),
                    t.apply("dw"),
                    t.apply("db")))
        .build();
  }

  /// What the sampler asks for: a few outputs, the rest untouched.
  private static Stream<OpCase> columns() {
    return Stream.of(
            List.of(25, 200, 43, 7, 8),
            List.of(3, 65, 129, 120, 129),
            List.of(1, 5, 7, 0, 3),
            List.of(5, 1, 7, 0, 1))
        .map(
            s -> {
              int from = s.get(3);
              int to = s.get(4);
              Degrees degrees = degrees(s.get(1), s.get(2), false);
              CaseBuilder builder =
                  new CaseBuilder(
                          "maskedLinear",
                          "%dx%dx%d columns %d..%d"
                              .formatted(s.get(0), s.get(1), s.get(2), from, to))
                      .reduction(s.get(1))
                      .in("x", 1, s.get(0), s.get(1))
                      .in("w", 1 / Math.sqrt(s.get(1)), s.get(2), s.get(1))
                      .in("b", 0.5, s.get(2))
                      .normal(Role.UPDATED, "y", 1, s.get(0), s.get(2));
              clearMasked(builder.find("w"), degrees);
              return builder
                  .forward(
                      2L * s.get(0) * s.get(1) * (to - from),
                      (b, t) ->
                          b.maskedLinear(
                              t.apply("x"),
                              t.apply("w"),
                              t.apply("b"),
                              degrees,
                              Activation.TANH,
                              from,
                              to,
                              t.apply("y")))
                  .build();
            });
  }

  private static CaseBuilder layer(String op, int n, int i, int o, String note, Activation f) {
    String fused = f == Activation.IDENTITY ? "" : " " + f.name().toLowerCase(Locale.ROOT);
    return new CaseBuilder(op, "%dx%dx%d%s%s".formatted(n, i, o, note, fused))
        .reduction(Math.max(n, Math.max(i, o)))
        .in("x", 1, n, i)
        .in("w", 1 / Math.sqrt(i), o, i)
        .in("b", 0.5, o)
        .out("y", n, o)
        .cotangent("y")
        .gradient("x", "y")
        .gradient("w", "y")
        .gradient("b", "y");
  }

  /// Random degrees; some outputs see nothing and some inputs are seen by nobody.
  static Degrees degrees(int inputs, int outputs, boolean strict) {
    RandomKey key = RandomKey.of(2).fold(inputs).fold(outputs);
    return new Degrees(
        ascending(key.fold("in"), inputs), ascending(key.fold("out"), outputs), strict);
  }

  private static int[] ascending(RandomKey key, int count) {
    float[] u = Philox.uniforms(key, count);
    int[] degrees = new int[count];
    Arrays.setAll(degrees, k -> 1 + (int) (u[k] * 100));
    Arrays.sort(degrees);
    return degrees;
  }

  private static void clearMasked(Operand w, Degrees degrees) {
    int inputs = degrees.inputs();
    for (int o = 0; o < degrees.outputs(); o++) {
      Arrays.fill(w.values(), o * inputs + degrees.live(o), (o + 1) * inputs, 0);
    }
  }
}
