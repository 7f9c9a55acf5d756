package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.AdamRule;
import dev.hindsight.catalogue.Operand.Role;
import java.util.stream.Stream;

/// What Muon needs beside products: its polynomial, and the step.
final class MuonCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.concat(
        Stream.of(1, 2, 31, 64, 257)
            .flatMap(n -> Stream.of(newtonSchulz(n, true), newtonSchulz(n, false))),
        OpCases.sizes().boxed().flatMap(size -> Stream.of(muon(size, 0), muon(size, 0.3f))));
  }

  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(newtonSchulz(512, true), muon(512 * 512, 0.01f));
  }

  /// A is a product of a matrix with its transpose only as far as its trace is not below 0.
  private static OpCase newtonSchulz(int n, boolean first) {
    CaseBuilder builder = new CaseBuilder("newtonSchulz", n + (first ? " first" : ""));
    builder.inFp32("a", 1, n, n).inFp32("square", 1, n, n);
    double[] a = builder.find("a").values();
    for (int i = 0; i < n; i++) {
      a[i * (n + 1)] = (float) (1 + Math.abs(a[i * (n + 1)]));
    }
    return builder
        .outFp32("y", n, n)
        .forward(4L * n * n, call("muon.newtonSchulz", "a square", first, "y"))
        .build();
  }

  private static OpCase muon(int size, float decay) {
    return new CaseBuilder("muon", size + " decay " + decay)
        .fp32("w")
        .normal(Role.UPDATED, "w", 1, size)
        .inFp32("direction", 1, size)
        .out("rounded", size)
        .numbers("numbers", AdamRule.PLAIN.at(7, 3e-2f).numbers())
        .forward(3L * size, call("muon.step", "w rounded direction numbers", decay, 0.7f))
        .build();
  }
}
