package dev.hindsight.catalogue;

import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.catalogue.Operand.Role;
import java.util.Arrays;
import java.util.stream.Stream;

/// The optimiser, and the norm that it clips by.
final class AdamCases {
  private AdamCases() {}

  static Stream<OpCase> norm() {
    return OpCases.sizes().mapToObj(AdamCases::norm);
  }

  private static OpCase norm(int size) {
    return new CaseBuilder("norm", "" + size)
        .reduction(size)
        .inFp32("x", 1, size)
        .outFp32("out", 1)
        .forward(2L * size, (b, t) -> b.adam().norm(t.apply("x"), t.apply("out")))
        .build();
  }

  /// As many parameters as MADE has.
  static Stream<OpCase> seedSizes() {
    return Stream.of(adam(3_706_880, "t=1", AdamRule.PLAIN.at(1, 1e-3f)));
  }

  static Stream<OpCase> seedNorms() {
    return Stream.of(norm(64 * 1024));
  }

  static Stream<OpCase> adam() {
    AdamStep plain = AdamRule.PLAIN.at(1, 1e-3f);
    AdamStep late = new AdamRule(0.9f, 0.99f, 1e-8f, 0.1f, 0).at(1000, 3e-4f);
    AdamStep clipped = AdamRule.PLAIN.with(0, 0.25f).at(3, 1e-2f);
    return OpCases.sizes()
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
    builder.fp32("v", "w", "dw", "m").normal(Role.UPDATED, "v", 1, size);
    double[] v = builder.find("v").values();
    Arrays.setAll(v, k -> (float) (v[k] * v[k]));
    return builder
        .normal(Role.UPDATED, "w", 1, size)
        .normal(Role.UPDATED, "dw", 1, size)
        .normal(Role.UPDATED, "m", 0.1, size)
        .out("rounded", size)
        .numbers("norm", (float) Math.sqrt(size))
        .numbers("numbers", step.numbers())
        .forward(
            12L * size,
            (b, t) ->
                b.adam()
                    .step(
                        t.apply("w"),
                        t.apply("dw"),
                        t.apply("m"),
                        t.apply("v"),
                        t.apply("rounded"),
                        t.apply("norm"),
                        t.apply("numbers"),
                        step.rule()))
        .build();
  }
}
