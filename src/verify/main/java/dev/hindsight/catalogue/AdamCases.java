package dev.hindsight.catalogue;

import static dev.hindsight.catalogue.Call.call;

import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.catalogue.Operand.Role;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The optimiser, and the norm that it clips by.
final class AdamCases implements Cases {
  @Override
  public Stream<OpCase> all() {
    return Stream.concat(norm(), adam());
  }

  private static Stream<OpCase> norm() {
    return OpCases.sizes().mapToObj(AdamCases::norm);
  }

  private static OpCase norm(int size) {
    return new CaseBuilder("norm", "" + size)
        .reduction(size)
        .inFp32("x", 1, size)
        .outFp32("out", 1)
        .forward(2L * size, call("adam.norm", "x out"))
        .build();
  }

  /// As many parameters as MADE has.
  @Override
  public Stream<OpCase> seedSizes() {
    return Stream.of(norm(64 * 1024), adam(3_706_880, "t=1", AdamRule.PLAIN.at(1, 1e-3f), null));
  }

  private static Stream<OpCase> adam() {
    AdamStep plain = AdamRule.PLAIN.at(1, 1e-3f);
    AdamStep late = new AdamRule(0.9f, 0.99f, 1e-8f, 0.1f, 0).at(1000, 3e-4f);
    AdamStep clipped = AdamRule.PLAIN.with(0, 0.25f).at(3, 1e-2f);
    var live = new LiveChunks(new int[] {0, 3, 4, 7}); // of 8, the last one broken off
    return Stream.concat(
        OpCases.sizes()
            .boxed()
            .flatMap(
                size ->
                    Stream.of(
                        adam(size, "t=1", plain, null),
                        adam(size, "decay", late, null),
                        adam(size, "clip", clipped, null))),
        Stream.of(
            adam(8 * LiveChunks.SIZE - 21, "masked", late, live),
            adam(8 * LiveChunks.SIZE, "masked", plain, live)));
  }

  private static OpCase adam(int size, String note, AdamStep step, @Nullable LiveChunks live) {
    CaseBuilder builder = new CaseBuilder("adam", size + " " + note);
    builder.fp32("v", "w", "dw", "m").normal(Role.UPDATED, "v", 1, size);
    double[] v = builder.find("v").values();
    Arrays.setAll(v, k -> (float) (v[k] * v[k]));
    builder
        .normal(Role.UPDATED, "w", 1, size)
        .normal(Role.UPDATED, "dw", 1, size)
        .normal(Role.UPDATED, "m", 0.1, size);
    if (live == null) {
      builder.out("rounded", size);
    } else { // what is left alone was written before
      builder.normal(Role.UPDATED, "rounded", 1, size);
      Stream.of("w", "dw", "m", "v", "rounded")
          .forEach(name -> clearMissing(builder.find(name).values(), live));
    }
    return builder
        .numbers("norm", (float) Math.sqrt(size))
        .numbers("numbers", step.numbers())
        .forward(12L * size, call("adam.step", "w rounded dw m v norm numbers", step.rule(), live))
        .build();
  }

  private static void clearMissing(double[] values, LiveChunks live) {
    int[] chunks = live.chunks();
    for (int k = 0; k < values.length; k++) {
      if (Arrays.binarySearch(chunks, k / LiveChunks.SIZE) < 0) {
        values[k] = 0;
      }
    }
  }
}
