package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.Draw;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.RandomKey;
import java.util.stream.Stream;

/// Pixels drawn from their logits.
final class BernoulliCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return OpCases.sizes().boxed().flatMap(BernoulliCases::of);
  }

  private static Stream<OpCase> of(int size) {
    RandomKey key = new RandomKey(0x1234_5678_9abc_def0L, 77).fold("catalogue");
    return Stream.of(
        bernoulli(new Draw(key, 0), 3, size, 0, size),
        bernoulli(new Draw(key, 1L << 40), 5, size, size / 2, size / 2 + 1));
  }

  private static OpCase bernoulli(Draw draw, int n, int d, int from, int to) {
    return new CaseBuilder("bernoulli", "%dx%d columns %d..%d".formatted(n, d, from, to))
        .fp32("logits", "pixels")
        .in("logits", 2, n, d)
        .normal(Role.UPDATED, "pixels", 1, n, d)
        .ints("draw", draw.words())
        .forward(
            4L * n * (to - from), call("bernoulli.draw", "draw logits", 0.8f, from, to, "pixels"))
        .build();
  }
}
