package dev.hindsight.train;

import dev.hindsight.backend.AdamRule;
import dev.hindsight.backend.AdamStep;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.nn.Parameters;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Adam (Kingma & Ba 2015) over all parameters in one launch, with decoupled weight decay
/// (Loshchilov & Hutter 2019) and clipping by global norm where asked for.
public final class Adam {
  private final Backend backend;
  private final Parameters parameters;
  private final AdamRule rule;
  private final long matrices;
  private final @Nullable LiveChunks live;
  private final @Nullable LiveChunks liveOfMatrices;
  private final @Nullable LiveChunks liveOfVectors;
  private int steps;

  /// PyTorch's defaults.
  public Adam(Backend backend, Parameters parameters) {
    this(backend, parameters, 0, 0);
  }

  /// @param clipNorm largest global norm of a gradient; 0 = any
  public Adam(Backend backend, Parameters parameters, float weightDecay, float clipNorm) {
    this.backend = backend;
    this.parameters = parameters;
    this.rule = AdamRule.PLAIN.with(weightDecay, clipNorm);
    matrices = parameters.matrixElements();
    live = parameters.liveChunks();
    liveOfMatrices = live == null ? null : live.part(0, matrices);
    liveOfVectors = live == null ? null : live.part(matrices, parameters.flat().value().size());
  }

  public int steps() {
    return steps;
  }

  /// Continues after `steps` steps; the moments are restored by the caller.
  void resumeAfter(int steps) {
    this.steps = steps;
  }

  /// Updates every parameter with its gradient, which is zero afterwards.
  public void step(Scope scope, float rate) {
    Tensor numbers = scope.floats(AdamStep.SIZE);
    next(numbers, rate);
    update(scope, numbers);
  }

  /// Goes on to the next step: writes what is particular to it. Apart from [#update], so that the
  /// update can be recorded.
  void next(Tensor numbers, float rate) {
    steps++;
    backend.write(numbers, rule.at(steps, rate).numbers());
  }

  /// The update by the step whose `numbers` were written.
  void update(Scope scope, Tensor numbers) {
    var adam = backend.adam();
    FlatParameters flat = parameters.flat();
    @Nullable Tensor norm = null;
    if (rule.clipNorm() > 0) {
      norm = scope.floats(1);
      adam.norm(flat.grad(), norm);
    }
    if (rule.weightDecay() > 0) { // matrices decay, biases and gains do not
      adam.step(flat.part(0, matrices), norm, numbers, rule, liveOfMatrices);
      FlatParameters vectors = flat.part(matrices, flat.value().size());
      adam.step(vectors, norm, numbers, rule.withoutDecay(), liveOfVectors);
    } else {
      adam.step(flat, norm, numbers, rule, live);
    }
  }
}
