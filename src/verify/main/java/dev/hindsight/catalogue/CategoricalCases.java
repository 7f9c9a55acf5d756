package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Draw;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.RandomKey;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Values of classes drawn from their logits.
final class CategoricalCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return IntStream.of(2, 4, 17, 31, 32, 33, 256).boxed().flatMap(CategoricalCases::of);
  }

  private static Stream<OpCase> of(int classes) {
    RandomKey key = new RandomKey(0x1234_5678_9abc_def0L, 77).fold("catalogue");
    return Stream.of(
        categorical(new Draw(key, 0), classes, 1, 0, 29),
        categorical(new Draw(key, 3), classes, 20, 0, 29),
        categorical(new Draw(key, 1L << 40), classes, 2, 13, 14));
  }

  private static OpCase categorical(Draw draw, int classes, double std, int from, int to) {
    int n = 5;
    int d = 29;
    return new CaseBuilder(
            "categorical",
            "%dx%d values %d..%d of %d, logits ~ %.0f".formatted(n, d, from, to, classes, std))
        .fp32("logits", "pixels")
        .in("logits", std, n, d * classes)
        .normal(Role.UPDATED, "pixels", 1, n, d)
        .ints("draw", draw.words())
        .forward(
            8L * n * (to - from) * classes,
            call("categorical.draw", "draw logits", 0.8f, from, to, "pixels"))
        .build();
  }
}
