package dev.hindsight.train;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Gradients;
import dev.hindsight.error.UserException;
import dev.hindsight.nn.Parameter;
import dev.hindsight.nn.Parameters;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Muon (Jordan et al. 2024, <https://kellerjordan.github.io/posts/muon/>): momentum whose matrices
/// are made orthogonal before each step, so that all directions of a layer's weights are learnt at
/// the same speed. Embeddings, biases and gains are left to [Adam].
///
/// A layer's weights are a matrix (O, I), those of a convolution (O, taps·I), or several below each
/// other, of queries, keys and values or of gates, each made orthogonal by itself: one whose
/// gradient is small would hardly move beside the others. The rate, for steps and decay, is a
/// multiple of Adam's. It is the singular values of a step, √(O/I) times it where a matrix has more
/// outputs than inputs: so no layer's outputs move more than another's, however many taps it has.
public final class Muon extends Optimizer {
  private static final float MOMENTUM = 0.95f;
  private static final int ITERATIONS = 5;

  private final float factor;
  private final float weightDecay;
  private final Adam rest;
  private final List<Weights> layers;

  /// Of a layer.
  ///
  /// @param rounded null where activations are fp32
  private record Weights(
      Tensor value, @Nullable Tensor rounded, Tensor grad, Tensor momentum, int matrices) {
    private static Weights of(Parameters parameters, Parameter p) {
      int from = parameters.offset(p);
      Shape shape = p.shape();
      var flat = parameters.flat();
      Tensor rounded = flat.rounded() == null ? null : flat.rounded().part(from, shape);
      Tensor momentum = flat.firstMoment().part(from, shape);
      return new Weights(p.value(), rounded, p.grad(), momentum, p.matrices());
    }

    /// Matrices (O,I).
    private int taps() {
      return value.shape().rank() == 3 ? value.dim(0) : 1;
    }

    private int inputs() {
      return taps() * value.channels();
    }

    private int outputs() {
      return Math.toIntExact(value.size() / inputs());
    }
  }

  /// @param factor its rate in units of Adam's
  /// @param clipNorm largest global norm of a gradient, for what Adam changes; 0 = any
  /// @throws UserException when no weights of the model are whole matrices, as of a MADE
  public Muon(
      Backend backend, Parameters parameters, float factor, float weightDecay, float clipNorm) {
    super(backend);
    this.factor = factor;
    this.weightDecay = weightDecay;
    this.layers =
        parameters.all().stream()
            .filter(Parameter::isLayer)
            .map(p -> Weights.of(parameters, p))
            .toList();
    if (layers.isEmpty()) {
      throw new UserException(
          "--optimizer muon is for weights without a mask, of which this model has none; give --optimizer adam");
    }
    this.rest = new Adam(backend, parameters, weightDecay, clipNorm, p -> !p.isLayer());
  }

  @Override
  void update(Scope scope, Tensor numbers) {
    rest.update(scope, numbers); // sees all gradients, for their norm
    for (Weights layer : layers) {
      try (Scope own = backend.open("muon")) {
        update(own, layer, numbers);
      }
    }
  }

  private void update(Scope scope, Weights w, Tensor numbers) {
    backend.ema().step(w.grad, w.momentum, 1 - MOMENTUM);
    backend.ema().step(w.momentum, w.grad, MOMENTUM); // Nesterov's
    int taps = w.taps();
    Shape byOutput = Shape.of(w.outputs(), taps, w.value.channels());
    Tensor momentum = w.grad;
    if (taps > 1) {
      momentum = scope.floats(byOutput.dims());
      backend.swapAxes().forward(w.grad, momentum);
    }
    Tensor direction = scope.floats(byOutput.dims());
    Shape matrix = Shape.of(w.outputs() / w.matrices, w.inputs());
    for (int k = 0; k < w.matrices; k++) {
      long from = k * matrix.size();
      orthogonal(scope, momentum.part(from, matrix), direction.part(from, matrix));
    }
    if (taps > 1) {
      Tensor byTap = scope.floats(w.value.shape().dims());
      backend.swapAxes().forward(direction, byTap);
      direction = byTap;
    }
    double ratio = (double) matrix.dim(0) / matrix.dim(1);
    float length = (float) (factor * Math.sqrt(Math.max(1, ratio)));
    backend.muon().step(w.value, w.rounded, direction, numbers, factor * weightDecay, length);
    backend.fill(w.grad, 0);
  }

  /// y = U·Vᵀ of x = U·S·Vᵀ, nearly: iterations of Newton and Schulz, of odd number, bring all of S
  /// close to 1. x is overwritten.
  private void orthogonal(Scope scope, Tensor x, Tensor y) {
    int rows = x.dim(0);
    int columns = x.dim(1);
    boolean wide = rows <= columns;
    int small = Math.min(rows, columns);
    Tensor gram = scope.floats(small, small);
    Tensor square = scope.floats(small, small);
    Tensor polynomial = scope.floats(small, small);
    Tensor now = x;
    Tensor next = y;
    for (int k = 0; k < ITERATIONS; k++) {
      if (wide) { // X·Xᵀ
        multiply(now, now, gram);
      } else { // Xᵀ·X
        multiplyFirstTransposed(now, now, gram);
      }
      multiply(gram, gram, square);
      backend.muon().newtonSchulz(gram, square, k == 0, polynomial);
      if (wide) {
        multiplyPlain(polynomial, now, next);
      } else {
        multiply(now, polynomial, next); // which is its own transpose
      }
      Tensor free = now;
      now = next;
      next = free;
    }
  }

  /// y = a·bᵀ
  private void multiply(Tensor a, Tensor b, Tensor y) {
    backend.linear().forward(a, b, null, Activation.IDENTITY, y);
  }

  /// y = a·b: the gradient of the input of a layer of weights b
  private void multiplyPlain(Tensor a, Tensor b, Tensor y) {
    Gradients to = new Gradients(new Gradient(y, true), null, null);
    backend.linear().backward(y, b, Activation.IDENTITY, a, a, to);
  }

  /// y = aᵀ·b: the gradient of the weights of a layer of input b
  private void multiplyFirstTransposed(Tensor a, Tensor b, Tensor y) {
    backend.fill(y, 0);
    Gradients to = new Gradients(null, y, null);
    backend.linear().backward(b, y, Activation.IDENTITY, a, a, to);
  }
}
