package dev.hindsight.ops;

import static dev.hindsight.testing.Tensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

/// Holds what `Ops` make of several kernels against a formula in plain Java, and its gradients
/// against finite differences of that.
final class FormulaCheck {
  /// In double, element after element.
  @FunctionalInterface
  interface Formula {
    double[] of(double[][] operands);
  }

  @FunctionalInterface
  interface Op {
    Tensor of(Ops ops, Tensor[] operands);
  }

  private final RandomKey key;
  private final String[] names;
  private final int[][] dims;
  private final Formula formula;
  private final Op op;

  /// @param names of the operands; `dims` their shapes
  FormulaCheck(RandomKey key, String[] names, int[][] dims, Formula formula, Op op) {
    this.key = key;
    this.names = names.clone();
    this.dims = dims.clone();
    this.formula = formula;
    this.op = op;
  }

  /// `nd4j double`, `software-gpu`, or one by its name.
  private static Backend open(String name) {
    return switch (name) {
      case "nd4j double" -> Backends.reference();
      case "software-gpu" -> Backends.openSoftwareGpu();
      default -> Backends.open(name);
    };
  }

  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private double[][] operands() {
    double[][] values = new double[names.length][];
    for (int k = 0; k < values.length; k++) {
      int size = 1;
      for (int dim : dims[k]) {
        size *= dim;
      }
      values[k] = Philox.normals(key.fold(names[k]), size);
    }
    return values;
  }

  Tensor[] tensors(Backend backend, Scope scope) {
    double[][] values = operands();
    Tensor[] tensors = new Tensor[values.length];
    for (int k = 0; k < tensors.length; k++) {
      tensors[k] = tensor(backend, scope, values[k], dims[k]);
    }
    return tensors;
  }

  void values(String backendName, double tolerance, String shape) {
    try (Backend backend = open(backendName);
        Scope scope = backend.open("test")) {
      Tensor y = op.of(new Ops(backend, scope, null), tensors(backend, scope));
      assertThat(y.shape()).hasToString(shape);
      double[] wanted = formula.of(operands());
      assertThat(backend.readDoubles(y)).containsExactly(wanted, within(tolerance));
    }
  }

  /// Of Σ y·dy.
  void gradients(String backendName, double tolerance) {
    try (Backend backend = open(backendName);
        Scope scope = backend.open("test")) {
      Tape tape = new Tape(scope);
      Tensor[] t = tensors(backend, scope);
      Tensor[] gradients = new Tensor[t.length];
      for (int k = 0; k < t.length; k++) {
        gradients[k] = scope.zeros(dims[k]);
        tape.bind(t[k], gradients[k]);
      }
      Tensor y = op.of(new Ops(backend, scope, tape), t);
      double[] dy = Philox.normals(key.fold("dy"), Math.toIntExact(y.size()));
      tape.backward(y, tensor(backend, scope, dy, y.shape().dims()));
      for (int k = 0; k < t.length; k++) {
        double[] found = backend.readDoubles(gradients[k]);
        for (int i = 0; i < found.length; i++) {
          assertThat(found[i])
              .as("gradient %d of %s", i, names[k])
              .isCloseTo(slope(k, i, dy), within(tolerance));
        }
      }
    }
  }

  private double slope(int operand, int element, double[] dy) {
    double step = 1e-5;
    double[][] moved = operands();
    moved[operand][element] += step;
    double up = weighted(formula.of(moved), dy);
    moved[operand][element] -= 2 * step;
    return (up - weighted(formula.of(moved), dy)) / (2 * step);
  }

  private static double weighted(double[] y, double[] dy) {
    double sum = 0;
    for (int k = 0; k < y.length; k++) {
      sum += y[k] * dy[k];
    }
    return sum;
  }
}
