package dev.hindsight.catalogue;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.OpCase.Gradient;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/// Central differences in double against the hand-written backward.
///
/// @param backend must compute in double
public record GradientCheck(Backend backend) {
  private static final double STEP = 1e-5;
  private static final double TOLERANCE = 1e-6;
  private static final int ELEMENTS = 40;

  /// One line for each element whose gradient is wrong; empty when all are right. Looks at up to 40
  /// elements of each input, chosen at random.
  public List<String> failures(OpCase opCase) {
    List<String> failures = new ArrayList<>();
    for (Gradient g : opCase.gradients()) {
      Operand input = opCase.operand(g.input());
      double[] before = opCase.operand(g.gradient()).values();
      double[] after = gradient(opCase, g);
      int size = input.values().length;
      int[] order = Philox.permutation(RandomKey.of(3).fold(opCase + g.input()), size);
      int[] chosen = Arrays.copyOf(order, Math.min(ELEMENTS, size));
      double[] differences = differences(opCase, g, chosen);
      for (int k = 0; k < chosen.length; k++) {
        int i = chosen[k];
        double analytic = after[i] - before[i];
        double numeric = differences[k];
        double scale = Math.max(1, Math.max(Math.abs(analytic), Math.abs(numeric)));
        // Not `> TOLERANCE`: a NaN must fail too.
        if (!(Math.abs(analytic - numeric) <= TOLERANCE * scale)) {
          failures.add(
              String.format(
                  Locale.ROOT,
                  "%s: d%s[%d] is %.10g, finite difference %.10g",
                  opCase,
                  g.input(),
                  i,
                  analytic,
                  numeric));
        }
      }
    }
    return failures;
  }

  private double[] gradient(OpCase opCase, Gradient g) {
    try (Scope scope = backend.open("case")) {
      CaseTensors tensors = new CaseTensors(backend, scope, opCase);
      opCase.forward().run(backend, tensors::get);
      Objects.requireNonNull(opCase.backward(), opCase.op()).run(backend, tensors::get);
      return backend.readDoubles(tensors.get(g.gradient()));
    }
  }

  /// (L(x + h) - L(x - h)) / 2h for some elements of the input.
  private double[] differences(OpCase opCase, Gradient g, int[] chosen) {
    try (Scope scope = backend.open("case")) {
      CaseTensors tensors = new CaseTensors(backend, scope, opCase);
      double[] x = opCase.operand(g.input()).values().clone();
      double[] differences = new double[chosen.length];
      for (int k = 0; k < chosen.length; k++) {
        double exact = x[chosen[k]];
        x[chosen[k]] = exact + STEP;
        double above = loss(opCase, g, tensors, x);
        x[chosen[k]] = exact - STEP;
        double below = loss(opCase, g, tensors, x);
        x[chosen[k]] = exact;
        differences[k] = (above - below) / (2 * STEP);
      }
      return differences;
    }
  }

  /// L for another input.
  private double loss(OpCase opCase, Gradient g, CaseTensors tensors, double[] x) {
    for (Operand o : opCase.operands()) {
      if (o.role() == Role.OUT || o.role() == Role.UPDATED) {
        backend.write(tensors.get(o.name()), o.values()); // as before the first time
      }
    }
    backend.write(tensors.get(g.input()), x);
    opCase.forward().run(backend, tensors::get);
    double[] y = backend.readDoubles(tensors.get(g.output()));
    double[] weights = new double[y.length];
    Arrays.fill(weights, 1);
    if (g.cotangent() != null) {
      weights = opCase.operand(g.cotangent()).values();
    }
    double loss = 0;
    for (int k = 0; k < y.length; k++) {
      loss += y[k] * weights[k];
    }
    return loss * g.scale();
  }
}
