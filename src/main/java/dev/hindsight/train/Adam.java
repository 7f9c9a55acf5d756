package dev.hindsight.train;

import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.nn.Parameters;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Adam (Kingma & Ba 2015) over all parameters in one launch, with decoupled weight decay
/// (Loshchilov & Hutter 2019) and clipping by global norm where asked for.
public final class Adam {
  private final Backend backend;
  private final Parameters parameters;
  private final float weightDecay;
  private final float clipNorm;
  private int steps;

  /// PyTorch's defaults.
  public Adam(Backend backend, Parameters parameters) {
    this(backend, parameters, 0, 0);
  }

  /// @param clipNorm largest global norm of a gradient; 0 = any
  public Adam(Backend backend, Parameters parameters, float weightDecay, float clipNorm) {
    this.backend = backend;
    this.parameters = parameters;
    this.weightDecay = weightDecay;
    this.clipNorm = clipNorm;
  }

  /// Steps made so far.
  public int steps() {
    return steps;
  }

  /// Continues after `steps` steps; the moments are restored by the caller.
  void resumeAfter(int steps) {
    this.steps = steps;
  }

  /// Updates every parameter with its gradient, which is zero afterwards.
  public void step(Scope scope, float rate) {
    steps++;
    var flat = parameters.flat();
    AdamStep plain = AdamStep.of(steps, rate);
    AdamStep step =
        new AdamStep(steps, rate, plain.beta1(), plain.beta2(), plain.eps(), weightDecay, clipNorm);
    @Nullable Tensor norm = null;
    if (clipNorm > 0) {
      norm = scope.floats(1);
      backend.norm(flat.grad(), norm);
    }
    if (weightDecay > 0) { // matrices decay, biases and gains do not
      long matrices = parameters.matrixElements();
      apply(flat.part(0, matrices), norm, step);
      apply(flat.part(matrices, flat.value().size()), norm, step.withoutDecay());
    } else {
      apply(flat, norm, step);
    }
  }

  private void apply(Parameters.Flat p, @Nullable Tensor norm, AdamStep step) {
    backend.adam(p.value(), p.grad(), p.firstMoment(), p.secondMoment(), norm, step);
  }
}
