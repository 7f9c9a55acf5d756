package dev.hindsight.catalogue;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Activations, sums, the loss, the optimiser and random numbers.
final class PointwiseCases {
  private PointwiseCases() {}

  private static IntStream sizes() {
    return IntStream.of(1, 3, 31, 32, 33, 127, 1025, 4099);
  }

  /// The sizes that MADE trains with at batch 64.
  static Stream<OpCase> seedSizes() {
    return Stream.of(
            Stream.of(activate(Activation.RELU, 64 * 1024), activate(Activation.GELU, 64 * 1024)),
            sums(64 * 1024),
            Stream.of(sigmoidCrossEntropy(64, 784, 1)),
            Stream.of(adam(3_706_880, "t=1", AdamStep.of(1, 1e-3f))),
            random(64 * 784).limit(2))
        .flatMap(cases -> cases);
  }

  static Stream<OpCase> activate() {
    return Arrays.stream(Activation.values())
        .flatMap(f -> sizes().mapToObj(size -> activate(f, size)));
  }

  private static OpCase activate(Activation f, int size) {
    return new CaseBuilder("activate", size + " " + f.name().toLowerCase(Locale.ROOT))
        .in("x", 2, size)
        .out("y", size)
        .cotangent("y")
        .gradient("x", "y")
        .forward(size, (b, t) -> b.activate(f, t.apply("x"), t.apply("y")))
        .backward(
            2L * size,
            (b, t) ->
                b.activateBackward(f, t.apply("x"), t.apply("y"), t.apply("dy"), t.apply("dx")))
        .build();
  }

  static Stream<OpCase> sums() {
    return sizes().boxed().flatMap(PointwiseCases::sums);
  }

  private static Stream<OpCase> sums(int size) {
    return Stream.of(
        new CaseBuilder("add", "" + size)
            .in("a", 1, size)
            .in("b", 1, size)
            .out("y", size)
            .forward(size, (b, t) -> b.add(t.apply("a"), t.apply("b"), t.apply("y")))
            .build(),
        new CaseBuilder("accumulate", "" + size)
            .in("src", 1, size)
            .normal(Role.UPDATED, "dst", 1, size)
            .forward(size, (b, t) -> b.accumulate(t.apply("src"), t.apply("dst")))
            .build(),
        new CaseBuilder("fill", "" + size)
            .out("dst", size)
            .forward(0, (b, t) -> b.fill(t.apply("dst"), 0.3f))
            .build(),
        new CaseBuilder("copy", "" + size)
            .in("src", 1, size)
            .out("dst", size)
            .forward(0, (b, t) -> b.copy(t.apply("src"), t.apply("dst")))
            .build(),
        new CaseBuilder("norm", "" + size)
            .reduction(size)
            .in("x", 1, size)
            .out("out", 1)
            .forward(2L * size, (b, t) -> b.norm(t.apply("x"), t.apply("out")))
            .build());
  }

  static Stream<OpCase> sigmoidCrossEntropy() {
    return Stream.of(new int[][] {{1, 1}, {3, 31}, {5, 32}, {2, 33}, {7, 127}, {3, 784}})
        .flatMap(s -> Stream.of(1.0, 40.0).map(std -> sigmoidCrossEntropy(s[0], s[1], std)));
  }

  private static OpCase sigmoidCrossEntropy(int n, int d, double std) {
    float scale = 1f / ((float) n * d);
    return new CaseBuilder("sigmoidCrossEntropy", "%dx%d logits ~ %.0f".formatted(n, d, std))
        .reduction(d)
        .in("logits", std, n, d)
        .bits("target", n, d)
        .out("nll", n)
        .gradientOfSum("logits", "nll", scale)
        .forward(
            10L * n * d,
            (b, t) ->
                b.sigmoidCrossEntropy(
                    t.apply("logits"), t.apply("target"), scale, t.apply("nll"), null))
        .backward(
            10L * n * d,
            (b, t) ->
                b.sigmoidCrossEntropy(
                    t.apply("logits"),
                    t.apply("target"),
                    scale,
                    t.apply("nll"),
                    t.apply("dlogits")))
        .build();
  }

  static Stream<OpCase> adam() {
    AdamStep plain = AdamStep.of(1, 1e-3f);
    AdamStep late = new AdamStep(1000, 3e-4f, 0.9f, 0.99f, 1e-8f, 0.1f, 0);
    AdamStep clipped = new AdamStep(3, 1e-2f, 0.9f, 0.999f, 1e-8f, 0, 0.25f);
    return sizes()
        .boxed()
        .flatMap(
            size ->
                Stream.of(
                    adam(size, "t=1", plain),
                    adam(size, "decay", late),
                    adam(size, "clip", clipped)));
  }

  private static OpCase adam(int size, String note, AdamStep step) {
    CaseBuilder builder = new CaseBuilder("adam", size + " " + note);
    builder.normal(Role.UPDATED, "v", 1, size);
    double[] v = builder.find("v").values();
    Arrays.setAll(v, k -> (float) (v[k] * v[k]));
    return builder
        .normal(Role.UPDATED, "w", 1, size)
        .normal(Role.UPDATED, "dw", 1, size)
        .normal(Role.UPDATED, "m", 0.1, size)
        .operand(Role.IN, "norm", Shape.of(1), new double[] {(float) Math.sqrt(size)})
        .forward(
            12L * size,
            (b, t) ->
                b.adam(
                    t.apply("w"), t.apply("dw"), t.apply("m"), t.apply("v"), t.apply("norm"), step))
        .build();
  }

  static Stream<OpCase> random() {
    return sizes().boxed().flatMap(PointwiseCases::random);
  }

  private static Stream<OpCase> random(int size) {
    RandomKey key = new RandomKey(0x1234_5678_9abc_def0L, 77).fold("catalogue");
    return Stream.of(
        new CaseBuilder("uniform", "" + size)
            .out("out", size)
            .forward(0, (b, t) -> b.uniform(key, t.apply("out")))
            .build(),
        new CaseBuilder("normal", "" + size)
            .out("out", size)
            .forward(0, (b, t) -> b.normal(key, 0.7f, t.apply("out")))
            .build(),
        bernoulli(key, 3, size, 0, size),
        bernoulli(key, 5, size, size / 2, size / 2 + 1));
  }

  private static OpCase bernoulli(RandomKey key, int n, int d, int from, int to) {
    return new CaseBuilder("bernoulli", "%dx%d columns %d..%d".formatted(n, d, from, to))
        .in("logits", 2, n, d)
        .normal(Role.UPDATED, "pixels", 1, n, d)
        .forward(
            4L * n * (to - from),
            (b, t) -> b.bernoulli(key, t.apply("logits"), 0.8f, from, to, t.apply("pixels")))
        .build();
  }
}
