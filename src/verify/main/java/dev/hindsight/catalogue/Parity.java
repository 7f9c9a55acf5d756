package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.catalogue.Outcome.Worst;
import dev.hindsight.catalogue.Reference.Expected;
import dev.hindsight.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Compares a backend with the double-precision reference, case by case, element by element.
public record Parity(Reference reference, Backend backend) {
  public Parity(Backend reference, Backend backend) {
    this(Reference.computedBy(reference), backend);
  }

  /// One outcome for forward and, where there is a backward, one for that.
  public List<Outcome> check(OpCase anyCase) {
    OpCase opCase = anyCase.in(backend.storage());
    Expected expected = reference.of(opCase);
    Precision precision = backend.precision();
    List<Outcome> outcomes = new ArrayList<>();
    try (Scope scope = backend.open("case")) {
      CaseTensors tensors = new CaseTensors(backend, scope, opCase);
      opCase.forward().run(backend, tensors::get);
      outcomes.add(compare(opCase, "forward", precision, tensors::read, expected.forward()));
      if (opCase.backward() != null) {
        // Backward starts from the reference's outputs: a rounding of y next to a kink of the
        // activation would otherwise look like a wrong gradient.
        for (Operand o : opCase.operands()) {
          if (o.role() == Role.OUT) {
            double[] right = values(expected.forward(), o.name());
            backend.write(tensors.get(o.name()), o.rounded(opCase.storage(), right));
          }
        }
        opCase.backward().run(backend, tensors::get);
        outcomes.add(compare(opCase, "backward", precision, tensors::read, expected.backward()));
      }
    }
    return outcomes;
  }

  /// Compares operands with what they should hold.
  ///
  /// @param precision that `got` was computed in
  /// @param got the values of an operand by its name; null where its guard bands are broken
  public static Outcome compare(
      OpCase opCase,
      String phase,
      Precision precision,
      Function<String, double @Nullable []> got,
      Map<String, double[]> expected) {
    double error = 0;
    Operand first = opCase.operands().getFirst();
    double least = Tolerance.allowed(opCase, first, precision).applyAsDouble(0);
    Worst worst = new Worst("", 0, 0, 0, least);
    for (var entry : expected.entrySet()) {
      String name = entry.getKey();
      double[] want = entry.getValue();
      double[] values = got.apply(name);
      if (values == null) {
        return new Outcome(
            opCase, phase, Double.POSITIVE_INFINITY, worst, "wrote outside '" + name + "'");
      }
      Operand operand = opCase.operand(name);
      if (operand.role() == Role.COTANGENT && Arrays.equals(values, operand.values())) {
        continue; // not overwritten, which is as good
      }
      DoubleUnaryOperator bound =
          operand.role() == Role.IN ? _ -> 0 : Tolerance.allowed(opCase, operand, precision);
      for (int k = 0; k < want.length; k++) {
        double allowed = bound.applyAsDouble(want[k]);
        double ratio = ratio(values[k], want[k], allowed);
        if (ratio > error) {
          error = ratio;
          worst = new Worst(name, k, values[k], want[k], allowed);
        }
      }
    }
    return new Outcome(opCase, phase, error, worst, null);
  }

  /// |got - want| / allowed, where NaN equals only NaN.
  private static double ratio(double got, double want, double allowed) {
    if (Double.compare(got, want) == 0 || got == want) {
      return 0;
    }
    double difference = Math.abs(got - want);
    return Double.isFinite(difference) ? difference / allowed : Double.POSITIVE_INFINITY;
  }

  private static double[] values(Map<String, double[]> map, String name) {
    return Objects.requireNonNull(map.get(name), name);
  }
}
