package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Draw;
import dev.hindsight.backend.Mixture;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// The loss of pixels of a mixture of logistics, and draws from it.
final class LogisticMixtureCases implements Cases {
  private static final RandomKey KEY = new RandomKey(0x1234_5678_9abc_def0L, 77).fold("catalogue");

  /// As many components as half a warp, one more and one less, one, and more than a warp.
  @Override
  public Stream<OpCase> all() {
    List<Mixture> mixtures =
        List.of(
            new Mixture(1, 1, 2),
            new Mixture(3, 1, 4),
            new Mixture(10, 1, 256),
            new Mixture(17, 2, 3),
            new Mixture(10, 3, 256),
            new Mixture(15, 3, 17),
            new Mixture(2, 4, 5),
            new Mixture(33, 1, 16));
    return mixtures.stream()
        .flatMap(
            m ->
                Stream.of(
                    loss(m, 1, 1, 1),
                    loss(m, 3, 7, 1),
                    loss(m, 2, 5, 8),
                    levelLogits(m, 3, 7, 1),
                    levelLogits(m, 2, 5, 8),
                    draw(m, new Draw(KEY, 3), 1, 0, 7 * m.channels()),
                    draw(m, new Draw(KEY, 1L << 40), 4, 3, 2 * m.channels() + 2)));
  }

  /// Blocks of pixels that the cpu backend fills, and one that it does not.
  @Override
  public Stream<OpCase> manyRows() {
    return Stream.of(
        loss(new Mixture(5, 1, 256), 3, 331, 1).withoutGradientChecks(),
        loss(new Mixture(10, 3, 256), 2, 211, 1).withoutGradientChecks());
  }

  /// Digits in grey, and images in colour.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(
        loss(new Mixture(10, 1, 256), 16, 784, 1),
        loss(new Mixture(10, 3, 256), 8, 1024, 1),
        levelLogits(new Mixture(10, 3, 256), 1, 64, 1));
  }

  private static OpCase loss(Mixture mixture, int images, int pixels, double std) {
    int values = pixels * mixture.channels();
    float scale = 1f / (images * values);
    long flops = 100L * images * values * mixture.components();
    Shape targets = Shape.of(images, values);
    return new CaseBuilder(
            "logisticMixture",
            "%dx%d pixels of %s, outputs ~ %.0f".formatted(images, pixels, say(mixture), std))
        .reduction((long) pixels * mixture.outputs())
        .in("logits", std, images, pixels, mixture.outputs())
        .operand(Role.IN, "target", targets, () -> levels(mixture.levels(), targets))
        .outFp32("nll", images)
        .gradientOfSum("logits", "nll", scale)
        .forward(flops, call("logisticMixture.forward", "logits target", mixture, "nll"))
        .backward(
            2 * flops, call("logisticMixture.backward", "logits target", mixture, scale, "dlogits"))
        .backwardTouches("logits", "target")
        .build();
  }

  private static OpCase levelLogits(Mixture mixture, int images, int pixels, double std) {
    int values = pixels * mixture.channels();
    Shape targets = Shape.of(images, values);
    return new CaseBuilder(
            "logisticMixture",
            "%dx%d pixels of %s, logits of levels, outputs ~ %.0f"
                .formatted(images, pixels, say(mixture), std))
        .reduction(mixture.outputs())
        .in("logits", std, images, pixels, mixture.outputs())
        .operand(Role.IN, "target", targets, () -> levels(mixture.levels(), targets))
        .out("levelLogits", images, values, mixture.levels())
        .forward(
            50L * images * values * mixture.levels() * mixture.components(),
            call("logisticMixture.levelLogits", "logits target", mixture, "levelLogits"))
        .build();
  }

  private static OpCase draw(Mixture mixture, Draw draw, double std, int from, int to) {
    int n = 3;
    int pixels = 7;
    int values = pixels * mixture.channels();
    Shape shape = Shape.of(n, values);
    return new CaseBuilder(
            "logisticMixture",
            "%dx%d pixels of %s, draws %d..%d, outputs ~ %.0f"
                .formatted(n, pixels, say(mixture), from, to, std))
        .fp32("logits", "pixels")
        .in("logits", std, n, pixels * mixture.outputs())
        .operand(Role.UPDATED, "pixels", shape, () -> levels(mixture.levels(), shape))
        .ints("draw", draw.words())
        .forward(
            200L * n * (to - from) * mixture.components(),
            call("logisticMixture.draw", "draw logits", 0.8f, mixture, from, to, "pixels"))
        .build();
  }

  private static String say(Mixture mixture) {
    return "%d components, %d channels, %d levels"
        .formatted(mixture.components(), mixture.channels(), mixture.levels());
  }

  /// Every fourth is at one end or the other, where a bin is open.
  private static double[] levels(int levels, Shape shape) {
    double[] values = new double[Math.toIntExact(shape.size())];
    float[] u = Philox.uniforms(KEY.fold("levels"), values.length);
    Arrays.setAll(values, k -> k % 4 == 0 ? k / 4 % 2 * (levels - 1) : Math.floor(u[k] * levels));
    return values;
  }
}
