package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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

  /// Runs the backward of a case twice, from what one forward has left.
  public static Finding check(Backend backend, OpCase anyCase) {
    OpCase opCase = anyCase.in(backend.storage());
    try (Scope scope = backend.open("case")) {
      CaseTensors tensors = new CaseTensors(backend, scope, opCase);
      opCase.forward().run(backend, tensors::get);
      Map<String, double[]> left = new LinkedHashMap<>(); // what backward may overwrite
      for (Operand o : opCase.operands()) {
        if (o.role() == Role.OUT || o.role() == Role.COTANGENT) {
          left.put(o.name(), backend.readDoubles(tensors.get(o.name())));
        }
      }
      Map<String, double[]> cleared = backward(backend, opCase, tensors, false);
      left.forEach((name, values) -> backend.write(tensors.get(name), values));
      Map<String, double[]> fresh = backward(backend, opCase, tensors, true);
      List<String> failures = new ArrayList<>();
      cleared.forEach(
          (name, want) -> {
            double[] got = Objects.requireNonNull(fresh.get(name));
            for (int k = 0; k < want.length; k++) {
              if (got[k] != want[k] && !(Double.isNaN(got[k]) && Double.isNaN(want[k]))) {
                failures.add(
                    "%s: fresh %s[%d] is %s, cleared it is %s"
                        .formatted(opCase, name, k, got[k], want[k]));
                break;
              }
            }
          });
      return new Finding(fresh.size(), failures);
    }
  }

  /// The gradients that backward asks for, and what they hold after it.
  private static Map<String, double[]> backward(
      Backend backend, OpCase opCase, CaseTensors tensors, boolean fresh) {
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
    Map<String, double[]> values = new LinkedHashMap<>();
    for (String name : asked) {
      values.put(
          name, Objects.requireNonNull(tensors.read(name), opCase + " wrote outside " + name));
    }
    return values;
  }
}
