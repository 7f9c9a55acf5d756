package dev.hindsight.catalogue;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Draw;
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
            Stream.of(adam(3_706_880, "t=1", AdamRule.PLAIN.at(1, 1e-3f))),
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

  /// A column between matrices of different width.
  static Stream<OpCase> copyColumn() {
    return Stream.of(new int[][] {{1, 1, 0, 1, 0}, {3, 5, 4, 7, 0}, {33, 1, 0, 9, 8}})
        .map(
            s ->
                new CaseBuilder(
                        "copyColumn",
                        "%d rows, %d of %d to %d of %d".formatted(s[0], s[2], s[1], s[4], s[3]))
                    .in("src", 1, s[0], s[1])
                    .normal(Role.UPDATED, "dst", 1, s[0], s[3])
                    .forward(0, (b, t) -> b.copyColumn(t.apply("src"), s[2], t.apply("dst"), s[4]))
                    .build());
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

  static Stream<OpCase> softmaxCrossEntropy() {
    return Stream.of(new int[][] {{1, 2}, {3, 2}, {31, 2}, {9, 3}, {33, 31}, {7, 32}, {5, 257}})
        .flatMap(s -> Stream.of(1.0, 40.0).map(std -> softmaxCrossEntropy(s[0], s[1], std)));
  }

  private static OpCase softmaxCrossEntropy(int n, int classes, double std) {
    float scale = 1f / n;
    CaseBuilder builder =
        new CaseBuilder("softmaxCrossEntropy", "%dx%d logits ~ %.0f".formatted(n, classes, std))
            .reduction(classes)
            .in("logits", std, n, classes)
            .bits("target", n)
            .out("nll", n)
            .gradientOfSum("logits", "nll", scale);
    double[] target = builder.find("target").values();
    Arrays.setAll(target, k -> k % 3 == 0 ? k % classes : target[k]);
    long flops = 10L * n * classes;
    return builder
        .forward(
            flops,
            (b, t) ->
                b.softmaxCrossEntropy(
                    t.apply("logits"), t.apply("target"), scale, t.apply("nll"), null))
        .backward(
            flops,
            (b, t) ->
                b.softmaxCrossEntropy(
                    t.apply("logits"),
                    t.apply("target"),
                    scale,
                    t.apply("nll"),
                    t.apply("dlogits")))
        .build();
  }

  static Stream<OpCase> dropout() {
    return sizes()
        .boxed()
        .flatMap(size -> Stream.of(0f, 0.1f, 0.75f).map(rate -> dropout(size, rate)));
  }

  private static OpCase dropout(int size, float rate) {
    float[] pieces = new Draw(RandomKey.of(4).fold("dropout"), 0).pieces();
    double[] draw = new double[Draw.SIZE];
    Arrays.setAll(draw, k -> pieces[k]);
    long offset = 4L * size;
    return new CaseBuilder("dropout", "%d rate %s".formatted(size, rate))
        .operand(Role.IN, "draw", Shape.of(Draw.SIZE), draw)
        .in("x", 1, size)
        .out("y", size)
        .cotangent("y")
        .gradient("x", "y")
        .forward(
            size, (b, t) -> b.dropout(t.apply("draw"), offset, rate, t.apply("x"), t.apply("y")))
        .backward(
            2L * size,
            (b, t) ->
                b.dropoutBackward(t.apply("draw"), offset, rate, t.apply("dy"), t.apply("dx")))
        .build();
  }

  static Stream<OpCase> adam() {
    AdamStep plain = AdamRule.PLAIN.at(1, 1e-3f);
    AdamStep late = new AdamRule(0.9f, 0.99f, 1e-8f, 0.1f, 0).at(1000, 3e-4f);
    AdamStep clipped = AdamRule.PLAIN.with(0, 0.25f).at(3, 1e-2f);
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
        .operand(Role.IN, "numbers", Shape.of(AdamStep.SIZE), doubles(step.numbers()))
        .forward(
            12L * size,
            (b, t) ->
                b.adam(
                    t.apply("w"),
                    t.apply("dw"),
                    t.apply("m"),
                    t.apply("v"),
                    t.apply("norm"),
                    t.apply("numbers"),
                    step.rule()))
        .build();
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(k -> values[k]).toArray();
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
        bernoulli(new Draw(key, 0), 3, size, 0, size),
        bernoulli(new Draw(key, 1L << 40), 5, size, size / 2, size / 2 + 1));
  }

  private static OpCase bernoulli(Draw draw, int n, int d, int from, int to) {
    return new CaseBuilder("bernoulli", "%dx%d columns %d..%d".formatted(n, d, from, to))
        .in("logits", 2, n, d)
        .normal(Role.UPDATED, "pixels", 1, n, d)
        .operand(Role.IN, "draw", Shape.of(Draw.SIZE), doubles(draw.pieces()))
        .forward(
            4L * n * (to - from),
            (b, t) ->
                b.bernoulli(t.apply("draw"), t.apply("logits"), 0.8f, from, to, t.apply("pixels")))
        .build();
  }
}
