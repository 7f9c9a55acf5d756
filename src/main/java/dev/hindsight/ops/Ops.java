package dev.hindsight.ops;

import com.google.errorprone.annotations.FormatMethod;
import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Checked, differentiable functions: shape law, forward, backward, one screen each. Shape errors
/// can only come from here. Without a tape nothing is kept for backward: that is inference.
public final class Ops {
  private final Backend backend;
  private final Scope scope;
  private final @Nullable Tape tape;

  public Ops(Backend backend, Scope scope, @Nullable Tape tape) {
    this.backend = backend;
    this.scope = scope;
    this.tape = tape;
  }

  /// y[n,o] = f(b[o] + Σ_i x[n,i]·w[o,i]) x (N,I) w (O,I) b (O) y (N,O)
  public Tensor linear(Tensor x, Tensor w, @Nullable Tensor b, Activation f) {
    requireLinear("linear", x, w, b, f);
    Tensor y = scope.floats(x.rows(), w.dim(0));
    backend.linear(x, w, b, f, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy ->
              backend.linearBackward(
                  x, w, f, y, dy, t.grad(x), t.grad(w), b == null ? null : t.grad(b)));
    }
    return y;
  }

  /// The same over the weights that `degrees` lets exist (MADE, eqs. 8 and 9).
  public Tensor maskedLinear(Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f) {
    requireLinear("maskedLinear", x, w, b, f);
    requireDegrees(w, degrees);
    Tensor y = scope.floats(x.rows(), w.dim(0));
    backend.maskedLinear(x, w, b, degrees, f, 0, w.dim(0), y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy ->
              backend.maskedLinearBackward(
                  x, w, degrees, f, y, dy, t.grad(x), t.grad(w), t.grad(b)));
    }
    return y;
  }

  /// Columns `from .. to - 1` of [#maskedLinear], into a `y` that already exists. For samplers; has
  /// no backward.
  public void maskedLinear(
      Tensor x, Tensor w, Tensor b, Degrees degrees, Activation f, int from, int to, Tensor y) {
    requireLinear("maskedLinear", x, w, b, f);
    requireDegrees(w, degrees);
    requireColumns("maskedLinear", y, from, to);
    require(
        y.rows() == x.rows() && y.channels() == w.dim(0),
        "maskedLinear: y must be (%d, %d) but is %s",
        x.rows(),
        w.dim(0),
        y.shape());
    if (from < to) {
      backend.maskedLinear(x, w, b, degrees, f, from, to, y);
    }
  }

  /// y = f(x)
  public Tensor activate(Activation f, Tensor x) {
    Tensor y = scope.floats(x.shape().dims());
    backend.activate(f, x, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            Tensor dx = t.grad(x);
            if (dx != null) {
              backend.activateBackward(f, x, y, dy, dx);
            }
          });
    }
    return y;
  }

  /// y = a + b, of the same shape
  public Tensor add(Tensor a, Tensor b) {
    require(a.shape().equals(b.shape()), "add: %s and %s differ", a.shape(), b.shape());
    Tensor y = scope.floats(a.shape().dims());
    backend.add(a, b, y);
    if (tape != null) {
      Tape t = tape;
      t.push(
          y,
          dy -> {
            for (Tensor x : new Tensor[] {a, b}) {
              Tensor dx = t.grad(x);
              if (dx != null) {
                backend.accumulate(dy, dx);
              }
            }
          });
    }
    return y;
  }

  /// nll[n] = -log p(target[n]) in nats of independent Bernoulli pixels logits, target (N,D)
  ///
  /// The training loss is its mean over N·D, as PyTorch's `binary_cross_entropy_with_logits` has
  /// it; with a tape the gradient of that mean goes straight into the logits' gradient.
  public Tensor sigmoidCrossEntropy(Tensor logits, Tensor target) {
    require(
        logits.shape().equals(target.shape()),
        "sigmoidCrossEntropy: logits %s and target %s differ",
        logits.shape(),
        target.shape());
    Tensor nll = scope.floats(logits.rows());
    Tensor dlogits = tape == null ? null : tape.grad(logits);
    backend.sigmoidCrossEntropy(logits, target, 1f / logits.size(), nll, dlogits);
    return nll;
  }

  /// Draws pixel columns `from .. to - 1` from their logits.
  public void bernoulli(
      RandomKey key, Tensor logits, float temperature, int from, int to, Tensor pixels) {
    require(
        logits.shape().equals(pixels.shape()),
        "bernoulli: logits %s and pixels %s differ",
        logits.shape(),
        pixels.shape());
    require(temperature > 0, "bernoulli: temperature must be above 0 but is %s", temperature);
    requireColumns("bernoulli", pixels, from, to);
    if (from < to) {
      backend.bernoulli(key, logits, temperature, from, to, pixels);
    }
  }

  private static void requireLinear(
      String op, Tensor x, Tensor w, @Nullable Tensor b, Activation f) {
    require(
        w.shape().rank() == 2 && x.channels() == w.dim(1),
        "%s: x %s needs w (*, %d) but w is %s",
        op,
        x.shape(),
        x.channels(),
        w.shape());
    require(
        b == null || b.size() == w.dim(0),
        "%s: w %s needs b (%d) but b is %s",
        op,
        w.shape(),
        w.dim(0),
        b == null ? "absent" : b.shape());
    require(
        f.derivativeFollowsFromOutput(),
        "%s: %s cannot be fused, since its derivative needs the input; call activate after it",
        op,
        f);
  }

  private static void requireDegrees(Tensor w, Degrees degrees) {
    require(
        degrees.outputs() == w.dim(0) && degrees.inputs() == w.dim(1),
        "maskedLinear: w %s does not fit %s",
        w.shape(),
        degrees);
  }

  private static void requireColumns(String op, Tensor y, int from, int to) {
    require(
        0 <= from && from <= to && to <= y.channels(),
        "%s: columns %d to %d are not in 0 to %d",
        op,
        from,
        to,
        y.channels());
  }

  @FormatMethod
  private static void require(boolean holds, String message, Object... args) {
    if (!holds) {
      throw new IllegalArgumentException(message.formatted(args));
    }
  }
}
