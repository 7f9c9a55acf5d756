package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Where the right values of a case come from: a backend that computes them, or a file.
@FunctionalInterface
public interface Reference {
  /// Roles that are compared after a phase.
  Set<Role> AFTER_FORWARD = Set.of(Role.IN, Role.OUT, Role.UPDATED);

  Set<Role> AFTER_BACKWARD = Set.of(Role.IN, Role.COTANGENT, Role.GRADIENT);

  Expected of(OpCase opCase);

  /// What each operand must hold after a phase, by name.
  ///
  /// @param backward empty where the case has no backward
  record Expected(Map<String, double[]> forward, Map<String, double[]> backward) {}

  static Reference computedBy(Backend backend) {
    return opCase -> {
      try (Scope scope = backend.open("case")) {
        CaseTensors tensors = new CaseTensors(backend, scope, opCase);
        opCase.forward().run(backend, tensors::get);
        Map<String, double[]> forward = read(opCase, tensors, AFTER_FORWARD);
        if (opCase.backward() == null) {
          return new Expected(forward, Map.of());
        }
        for (Operand o : opCase.operands()) { // backward reads what was stored
          if (o.role() == Role.OUT && o.type(opCase.storage()) != ElementType.FP32) {
            double[] exact = Objects.requireNonNull(forward.get(o.name()));
            backend.write(tensors.get(o.name()), o.rounded(opCase.storage(), exact));
          }
        }
        opCase.backward().run(backend, tensors::get);
        return new Expected(forward, read(opCase, tensors, AFTER_BACKWARD));
      }
    };
  }

  private static Map<String, double[]> read(OpCase opCase, CaseTensors tensors, Set<Role> roles) {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (Operand o : opCase.operands()) {
      if (roles.contains(o.role())) {
        double[] read = tensors.read(o.name());
        if (read == null) {
          throw new IllegalStateException(
              "the reference wrote outside " + o.name() + " in " + opCase);
        }
        values.put(o.name(), read);
      }
    }
    return values;
  }
}
