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
  private static final double STEP = 1e-6; // past the kinks of a ReLU
  private static final double TOLERANCE = 1e-6;
  private static final int DIRECTIONS = 2;

  /// One line for each direction along which a gradient is not the slope; empty when all are right.
  /// A direction moves all elements of an input, each by a random number of its own, so that
  /// neither a wrong element nor one in another's place is lost in the sum.
  public List<String> failures(OpCase opCase) {
    List<String> failures = new ArrayList<>();
    try (Scope scope = backend.open("case")) {
      CaseTensors tensors = new CaseTensors(backend, scope, opCase);
      opCase.forward().run(backend, tensors::get);
      Objects.requireNonNull(opCase.backward(), opCase.op()).run(backend, tensors::get);
      for (Gradient g : opCase.gradients()) {
        double[] before = opCase.operand(g.gradient()).values();
        double[] gradient = backend.readDoubles(tensors.get(g.gradient()));
        Arrays.setAll(gradient, k -> gradient[k] - before[k]);
        for (int n = 0; n < DIRECTIONS; n++) {
          RandomKey key = RandomKey.of(3).fold(opCase + g.input()).fold(n);
          double[] way = Philox.normals(key, gradient.length);
          double analytic = dot(gradient, way);
          double[] change = output(opCase, g, tensors, way, STEP);
          double[] below = output(opCase, g, tensors, way, -STEP);
          // Before the sum, which would round more.
          Arrays.setAll(change, k -> change[k] - below[k]);
          double[] weights = new double[change.length];
          Arrays.fill(weights, 1);
          if (g.cotangent() != null) {
            weights = opCase.operand(g.cotangent()).values();
          }
          double numeric = g.scale() * dot(change, weights) / (2 * STEP);
          // Not `> TOLERANCE`: a NaN must fail too.
          if (!(Math.abs(analytic - numeric) <= TOLERANCE)) {
            failures.add(
                String.format(
                    Locale.ROOT,
                    "%s: d%s is %.10g along direction %d, finite difference %.10g",
                    opCase,
                    g.input(),
                    analytic,
                    n,
                    numeric));
          }
        }
        backend.write(tensors.get(g.input()), opCase.operand(g.input()).values());
      }
    }
    return failures;
  }

  /// The output where an input has moved.
  private double[] output(
      OpCase opCase, Gradient g, CaseTensors tensors, double[] way, double step) {
    for (Operand o : opCase.operands()) {
      if (o.role() == Role.OUT || o.role() == Role.UPDATED) {
        backend.write(tensors.get(o.name()), o.values()); // as before the first time
      }
    }
    double[] x = opCase.operand(g.input()).values().clone();
    Arrays.setAll(x, k -> x[k] + step * way[k]);
    backend.write(tensors.get(g.input()), x);
    opCase.forward().run(backend, tensors::get);
    return backend.readDoubles(tensors.get(g.output()));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }
}
