package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// Whether backward leaves the same in a fresh gradient, whose memory holds NaN, as in one that was
/// cleared.
public final class FreshGradients {
  private FreshGradients() {}

  /// What a case has shown.
  ///
  /// @param gradients how many an op of the case may find fresh
  /// @param failures a line for each that differs
  public record Finding(int gradients, List<String> failures) {}

  /// Runs the backward of a case twice.
  public static Finding check(Backend backend, OpCase opCase) {
    OpCase stored = opCase.in(backend.storage());
    Run cleared = new Run(backend, stored, false);
    Run fresh = new Run(backend, stored, true);
    List<String> failures = new ArrayList<>();
    for (int n = 0; n < cleared.names.size(); n++) {
      double[] want = cleared.values.get(n);
      double[] got = fresh.values.get(n);
      for (int k = 0; k < want.length; k++) {
        if (got[k] != want[k] && !(Double.isNaN(got[k]) && Double.isNaN(want[k]))) {
          failures.add(
              "%s: fresh %s[%d] is %s, cleared it is %s"
                  .formatted(opCase, cleared.names.get(n), k, got[k], want[k]));
          break;
        }
      }
    }
    return new Finding(fresh.names.size(), failures);
  }

  /// The gradients that backward asks for, and what they hold after it.
  private static final class Run {
    private final List<String> names;
    private final List<double[]> values = new ArrayList<>();

    private Run(Backend backend, OpCase opCase, boolean fresh) {
      try (Scope scope = backend.open("case")) {
        CaseTensors tensors = new CaseTensors(backend, scope, opCase);
        opCase.forward().run(backend, tensors::get);
        Set<String> asked = new LinkedHashSet<>();
        Objects.requireNonNull(opCase.backward(), opCase.op())
            .run(
                backend,
                new Operands() {
                  @Override
                  public Tensor apply(String name) {
                    return tensors.get(name);
                  }

                  @Override
                  public Gradient gradient(String name) {
                    asked.add(name);
                    backend.fill(tensors.get(name), fresh ? Float.NaN : 0);
                    return new Gradient(tensors.get(name), fresh);
                  }
                });
        names = List.copyOf(asked);
        for (String name : names) {
          values.add(Objects.requireNonNull(tensors.read(name), opCase + " wrote outside " + name));
        }
      }
    }
  }
}
